"""The due cells of the pipeline, several at once on warm workers: `breakeven run`."""
