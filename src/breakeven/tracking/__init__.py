"""MLflow's store, and the runs in it: nothing is kept there that the records do not hold."""
