"""Mathematical answers: found in a text, read whole or not at all, compared exactly."""
