"""Models on disk and in memory: found, converted, checked, loaded; what they need of a machine."""
