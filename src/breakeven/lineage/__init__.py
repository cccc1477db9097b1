"""`breakeven trace`: from a number to all that it rests on, and back."""
