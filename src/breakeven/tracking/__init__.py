"""MLflow as a view of the records: nothing is kept there that the records do not hold."""
