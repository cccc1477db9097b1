"""The track stage: which runs MLflow has to show, from params.yaml and the records."""
