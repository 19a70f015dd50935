"""One person or firm, and everything that passes between us and them."""
