"""Files of other systems, taken in by people."""
