"""Results of other people's harnesses and tables."""
