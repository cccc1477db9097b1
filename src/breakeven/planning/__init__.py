"""The bill of a study before it is run: tokens, FLOPs, device-hours, disk, memory and money."""
