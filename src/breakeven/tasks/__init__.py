"""Benchmark tasks: pinned items with their references."""
