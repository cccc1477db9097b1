"""Breakeven: for this task, this size and this budget, does it pay to let the model think?"""
