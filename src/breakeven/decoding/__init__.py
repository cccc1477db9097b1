"""Decoding by a causal language model in this process: batches, sampling, seeds, the cache."""
