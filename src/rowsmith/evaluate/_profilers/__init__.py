"""Ways to tell easy rows from hard ones: one file each."""
