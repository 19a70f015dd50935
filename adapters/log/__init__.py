"""The log: every event that ever happened, in one order, for ever."""
