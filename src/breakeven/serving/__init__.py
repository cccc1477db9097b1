"""Models behind OpenAI-compatible servers: the servers that are started here, and the requests."""
