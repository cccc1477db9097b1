"""Benchmarks known by name: where their data are, and how a row becomes items."""
