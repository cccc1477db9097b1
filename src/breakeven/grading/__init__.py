"""Grading: the trace apart from the answer, one grader for all styles, and the table of scores."""
