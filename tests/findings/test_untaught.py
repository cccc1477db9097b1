"""An arm is asked about the families that it was taught, and about no other."""

from dataclasses import replace

import numpy as np
import pytest
from tests.findings.judged import verdicts_of

from breakeven.findings.gain_law import gain_law
from breakeven.findings.routers import routings
from breakeven.findings.scored_results import scored_results
from breakeven.results.cell_results import Results

TAUGHT, UNTAUGHT = "math-open", "extra-open"


@pytest.fixture
def results(study) -> Results:
    """Traces help with what was taught; with the rest they only loop, and fill the limit."""
    found = study(
        lambda arm, _, family: 0.8 if (arm, family) == ("reasoning", TAUGHT) else 0.2,
        items=60,
        families=(TAUGHT, UNTAUGHT),
        length=lambda arm, right: {"ift": 2.0}.get(arm, 100.0 if right else 150.0),
    )
    items = found.items
    looping = (items["family"] == UNTAUGHT) & (items["arm"] == "reasoning")
    outcome = np.where(looping, "looping", np.where(items["correct"] == 1, "right", "wrong"))
    items = items.assign(outcome=outcome, depth=items["item"].astype(int) % 5)
    cells = tuple(replace(cell, untaught=cell.family == UNTAUGHT) for cell in found.cells)
    return replace(found, cells=cells, items=items)


def test_a_router_is_asked_the_questions_of_families_that_its_arms_were_taught(results):
    assert {one.questions for one in routings(scored_results(results))} == {2 * 60}


def test_the_law_is_fitted_to_tasks_that_were_taught(results):
    law = gain_law(scored_results(_of_seeds(results, 3)), draws=20).law
    assert law is not None
    assert set(law.tasks) == {f"{TAUGHT}-0", f"{TAUGHT}-1"}


def test_claims_on_loops_and_lengths_leave_out_what_was_not_taught(results):
    found = verdicts_of(results)
    assert found["loops-fall-with-size"].evidence.startswith("0.0% of the reasoning answers loop")
    alone = replace(
        results,
        cells=tuple(cell for cell in results.cells if not cell.untaught),
        items=results.items[results.items["family"] == TAUGHT],
    )
    name = "wrong-traces-longer"
    assert found[name].evidence == verdicts_of(alone)[name].evidence
    assert found[name].numbers["cells"] == 5


def _of_seeds(results: Results, seeds: int) -> Results:
    """The same answers once more for every further seed."""
    import pandas as pd

    every = range(seeds)
    return replace(
        results,
        cells=tuple(replace(cell, seed=seed) for cell in results.cells for seed in every),
        items=pd.concat([results.items.assign(seed=seed) for seed in every], ignore_index=True),
    )
