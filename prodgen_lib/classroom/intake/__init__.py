"""What came in: files collected, unpacked, read, and told apart by student."""
