"""What answering a cell cost, from the record of its student."""

from breakeven.records import Record


def answering_metrics(record: Record, arm: str, seed: int) -> dict[str, float]:
    """Device-seconds of one cell; empty where the record does not tell cells apart."""
    return {}
