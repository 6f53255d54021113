"""What is right: one submission, then a class of them."""
