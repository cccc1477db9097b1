"""The train stage: which pairs an arm learns, in which batches, and the loop that learns them."""
