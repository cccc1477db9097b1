"""Paired completions: the same prompts in both styles, kept apart from the tasks."""
