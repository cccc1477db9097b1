"""Show the records in MLflow: `python stages/track.py`."""

from breakeven.params import load_params
from breakeven.stage import run_stage
from breakeven.tracking.cells import track


def main() -> None:
    """Find or create a run for each cell; nothing is run again and no run is written twice."""
    done = track(load_params())
    print(f"MLflow: {done.added} runs added, {done.archived} archived, {done.kept} kept")


if __name__ == "__main__":
    run_stage(main)
