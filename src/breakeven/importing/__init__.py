"""Results of other people's harnesses and tables, and the study's answers as theirs."""
