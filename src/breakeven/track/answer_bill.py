"""What answering a cell cost, from the record of its student."""

from breakeven.core.records import Record
from breakeven.costs.shared_energy import joules_of_seconds

_TOTALS = {
    "device_seconds": "cost/answer_device_seconds",
    "inference_flops": "cost/answer_flops",
    "answers": "answers/answers",
    "truncated": "answers/truncated",
    "batch_halvings": "answers/batch_halvings",
}


def answering_metrics(record: Record, arm: str, seed: int) -> dict[str, float]:
    """Totals of one cell over all its tasks and decodings; empty where it has no rows.

    `details.cells` of the record holds one row an arm, seed, decoding and task.
    """
    rows = [
        row
        for row in record.details.get("cells", ())
        if row["arm"] == arm and int(row["seed"]) == seed
    ]
    if not rows:
        return {}
    # A sum of the rows that were measured would be too small: it is left out where any is missing.
    totals = {
        metric: float(sum(row[name] for row in rows))
        for name, metric in _TOTALS.items()
        if all(row.get(name) is not None for row in rows)
    }
    seconds = totals.get("cost/answer_device_seconds")
    if seconds is not None:
        totals["cost/answer_device_hours"] = seconds / 3600
        # Zero on a CPU is a measurement: no accelerator ran.
        on_cpu = set(record.device_seconds) <= {"cpu"}
        totals["cost/answer_gpu_hours"] = 0.0 if on_cpu else seconds / 3600
    joules = joules_of_seconds(record.metrics.get("energy_joules"), seconds, record.device_seconds)
    if joules is not None:
        totals["cost/answer_energy_joules"] = joules
    rate = record.details.get("ceiling", {}).get("flops_per_second")
    flops = totals.get("cost/answer_flops")
    if flops is not None and seconds and rate:
        totals["answers/utilisation"] = flops / (seconds * rate)
    return totals
