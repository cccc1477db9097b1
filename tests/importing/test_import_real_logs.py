"""Other people's logs, where at hand: each is read, or refused in one line that is true."""

import os
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.importing.read_results import import_results

ROOT = Path(__file__).parents[2]
LOGS = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared")) / "real" / "logs"

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason=f"{LOGS}: the public logs are not here")

TASKS = """{real_gen: {family: math-open, filter: flexible-extract},
  real_mc: {family: math-mc, metric: acc_norm}, browser: {family: general-open},
  arc_easy: {family: general-mc}, pubmedqa: {family: general-mc},
  popularity: {family: general-open}, gsm8k: {filter: strict-match}}"""
OLD = "lm-eval-generated/0.4."
PYFADE = "lm-eval-pyfade/results_2025-09-09T13-{}.json"


def imported(folder: Path, path: str, tasks: str = TASKS):
    file = folder / "runs.yaml"
    file.write_text(
        f"runs:\n  - {{path: {LOGS / path}, student: s, size_b: 1, style: ift}}\ntasks: {tasks}\n",
        encoding="utf-8",
    )
    return import_results(file)


@pytest.mark.parametrize(
    ("path", "cells"),
    [
        ("data_arc_sonnet.json", {"general-mc": (1.0, 5, 105.8, 170.2)}),
        ("data_pubmedqa_gpt4o_mini.json", {"general-mc": (1.0, 2, 406.5, 4.0)}),
        ("inspect-browser.json", {"general-open": (1.0, 1, 5915.0, 281.0)}),
        ("log_formats.eval", {"general-open": (0.0, 1, 66.0, 2.0)}),
        *[
            (
                f"{OLD}{version}",
                {"math-mc": (1 / 6, 6, None, None), "math-open": (0, 6, None, None)},
            )
            for version in ("2", "3", "5", "8", "13")
        ],
        ("lm-eval-generated/mconly", {"math-mc": (1 / 6, 6, None, None)}),
    ],
)
def test_a_log_gives_the_scores_and_tokens_that_it_states(tmp_path, path, cells):
    found = {
        cell.family: (cell.accuracy, cell.items, cell.prompt_tokens, cell.output_tokens)
        for cell in imported(tmp_path, path).cells
    }
    assert found == {family: pytest.approx(values) for family, values in cells.items()}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("lm-eval-pyfade", "two sample files of gsm8k"),
        (PYFADE.format("31-53.431753"), "holds 3 questions, .* says 100"),
        (PYFADE.format("42-42.857006"), "holds 3 questions, .* says 100"),
        ("", "two sample files of real_gen"),
    ],
)
def test_a_log_that_is_not_whole_is_refused(tmp_path, path, message):
    with pytest.raises(InputError, match=message) as caught:
        imported(tmp_path, path)
    assert "\n" not in str(caught.value)


def test_every_log_is_read_or_refused_in_one_line(tmp_path):
    files = sorted(file for file in LOGS.rglob("*") if file.suffix in (".json", ".jsonl", ".eval"))
    assert files
    for file in files:
        for tasks in (TASKS, "{}"):
            try:
                found = imported(tmp_path, str(file.relative_to(LOGS)), tasks)
            except InputError as error:
                assert "\n" not in str(error), file
            else:
                assert all(0 <= cell.accuracy <= 1 and cell.items for cell in found.cells), file
