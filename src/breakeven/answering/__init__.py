"""Students answer tasks: engines, batches, resumable work."""
