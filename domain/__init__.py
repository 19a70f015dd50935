"""The language of the business and its rules: what may happen to a customer, and what did."""
