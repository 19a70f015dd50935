"""What Rapport promises, told in the business's words."""
