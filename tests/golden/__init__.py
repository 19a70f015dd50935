"""One stored example of every event at every version: what was written once must load for ever."""
