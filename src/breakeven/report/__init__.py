"""The report: one self-contained page with its figures, tables and metrics."""
