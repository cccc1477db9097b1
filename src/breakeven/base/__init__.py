"""The base stage: a student before it is taught, found or trained from nothing."""
