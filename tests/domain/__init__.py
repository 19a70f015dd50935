"""The rules alone: no store, no pages."""
