"""The score stage: every answer of a study graded into one table, by rules and by judges."""
