"""What a study costs: architectures, FLOPs, device time, energy, and the bill of a cell."""
