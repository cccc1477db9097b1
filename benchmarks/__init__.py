"""How fast the project is beside what its users would otherwise run: `make bench`."""
