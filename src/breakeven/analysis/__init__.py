"""The one table of results that the report, the verdicts, replay, import and decide read."""
