"""Worked examples of a benchmark: what an untrained student is shown before its test items."""

from pathlib import Path
from typing import Any

import pytest
from tests.catalogue.schemas import SCHEMAS, write_dataset
from tests.conftest import ROOT

from breakeven.answer.shots import pick_shots
from breakeven.catalogue.benchmark import catalogue
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import distilled_path, prompts_path
from breakeven.core.records import read_record
from breakeven.distill.stage import run as distill
from breakeven.params import CatalogueSource, CatalogueTask, Params, load_params
from breakeven.prompts.source_prompts import load_prompts
from breakeven.rows.completion import Completion
from breakeven.tasks.task_items import load_items


def source(benchmark: str, **more: Any) -> CatalogueSource:
    return CatalogueSource.model_validate(
        {"kind": "catalogue", "benchmark": benchmark, "folder": benchmark, **more}
    )


def write_split(project: Path, benchmark: str, split: str, rows: list[dict[str, Any]]) -> None:
    config = catalogue().benchmarks[benchmark].config
    write_dataset(project / benchmark, SCHEMAS[benchmark].features, rows, config, split)


def sums(count: int) -> list[dict[str, Any]]:
    return [
        {"question": f"What is {n} + 1?", "answer": f"Add.\n#### {n + 1}"} for n in range(count)
    ]


def test_an_example_is_put_as_a_test_item_and_answered_in_its_box(project: Path) -> None:
    write_split(project, "gsm8k", "train", sums(1))
    (example,) = load_prompts("shots", source("gsm8k"))
    assert example.prompt == (
        "What is 0 + 1?\n\nPut the answer, and only the answer, inside \\boxed{}."
    )
    assert (example.reference, example.format) == (r"\boxed{1}", "open")


def test_examples_are_a_seeded_sample(project: Path) -> None:
    write_split(project, "gsm8k", "train", sums(50))
    chosen = load_prompts("shots", source("gsm8k", prompts=5, seed=1))
    assert chosen == load_prompts("shots", source("gsm8k", prompts=5, seed=1))
    assert chosen != load_prompts("shots", source("gsm8k", prompts=5, seed=2))
    assert len(chosen) == 5


@pytest.mark.parametrize("benchmark", ["ifeval", "aime"])
def test_a_benchmark_without_examples_of_its_own_is_refused(benchmark: str) -> None:
    with pytest.raises(InputError, match=f"value is '{benchmark}', which has no split for examp"):
        load_prompts("shots", source(benchmark))


def params(*benchmarks: str) -> Params:
    tabletop = load_params(ROOT / "tests/study.yaml").model_dump()
    tabletop["sources"] |= {f"{name}-shots": source(name).model_dump() for name in benchmarks}
    tabletop["tasks"] = {
        name: {"kind": "catalogue", "benchmark": name} for name in catalogue().benchmarks
    }
    return Params.model_validate(tabletop)


@pytest.mark.parametrize(
    ("task", "shown"),
    [("gsm8k", "What is"), ("aime", "What is"), ("openbookqa", "Kettle ")],
)
def test_shots_of_a_task_are_its_own_examples_or_those_of_its_kin(
    project: Path, task: str, shown: str
) -> None:
    write_split(project, "gsm8k", "train", sums(9))
    kettle = SCHEMAS["openbookqa"].rows[0]
    kettles = [{**kettle, "question_stem": f"Kettle {n} is on a stove. It gets"} for n in range(4)]
    write_split(project, "openbookqa", "train", kettles)
    study = params("gsm8k", "openbookqa")
    for name in ("gsm8k", "openbookqa"):
        examples = load_prompts(f"{name}-shots", study.sources[f"{name}-shots"])
        write_rows(prompts_path(f"{name}-shots"), examples)
    row = catalogue().benchmarks[task]
    schema = SCHEMAS[task]
    write_dataset(project / "copy", schema.features, schema.rows, row.config, row.split)
    asked = CatalogueTask.model_validate({"kind": "catalogue", "benchmark": task, "folder": "copy"})
    items = load_items(task, asked)
    shots = pick_shots(study, task, items, 3)
    assert all(shot.prompt.startswith(shown) for shot in shots)
    assert all(shot.answer.startswith(r"\boxed{") for shot in shots)


def test_a_teacher_is_not_asked_about_examples(project: Path) -> None:
    write_split(project, "gsm8k", "train", sums(5))
    study = params("gsm8k")
    source_ = study.sources["gsm8k-shots"]
    write_rows(prompts_path("gsm8k-shots"), load_prompts("gsm8k-shots", source_))
    distill(study, "gsm8k-shots", "reasoning")
    assert read_rows(distilled_path("gsm8k-shots", "reasoning"), Completion) == []
    record = read_record("distill", "gsm8k-shots", "reasoning")
    assert record.flops == {"teacher": 0.0}
    assert record.metrics["completions"] == 0


def test_examples_are_in_no_corpus() -> None:
    study = params("gsm8k").model_dump()
    study["corpora"]["math"]["sources"] = ["gsm8k-shots"]
    with pytest.raises(ValueError, match=r"corpora\.math\.sources: 'gsm8k-shots' holds examples"):
        Params.model_validate(study)
