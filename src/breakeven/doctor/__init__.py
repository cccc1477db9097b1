"""`breakeven doctor`: what is wrong with a study where it lies, and the command that mends it."""
