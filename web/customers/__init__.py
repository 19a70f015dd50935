"""Customers: the list, the page of each one, what passed between us, and the forms that record it."""
