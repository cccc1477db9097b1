"""The claims of the study as data, and the tests that judge them on any `Results`."""
