"""Files from other systems: read as their mapping says, told to the customers, counted to the line."""
