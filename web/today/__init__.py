"""What waits for the person who just sat down."""
