"""The command line: what an operator types, at noon or at three in the night."""
