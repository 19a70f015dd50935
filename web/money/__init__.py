"""What customers owe: over all of them, and of each one line by line."""
