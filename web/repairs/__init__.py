"""The workshop's board: which repair stands where, and what was promised for when."""
