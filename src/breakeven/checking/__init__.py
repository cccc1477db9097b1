"""`breakeven check`: everything that params.yaml names and that can be opened without a network."""
