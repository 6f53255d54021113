"""What an instructor uses: collect submissions, grade them, hand marks back."""
