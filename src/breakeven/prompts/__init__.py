"""Training prompts, from built-in generators or files."""
