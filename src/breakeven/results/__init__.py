"""The one table of results that findings, report, replay, import and decide read."""
