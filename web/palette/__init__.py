"""The palette: everything, found by typing."""
