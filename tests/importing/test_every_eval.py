"""Every Eval Ever records: ours are valid and read back; others' are read or refused in a line.

The schemas beside this file are those of every-eval-ever 0.3.0 (MIT). The package itself needs
Python 3.12 and an older huggingface_hub, so it is no dependency.
"""

import hashlib
import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from breakeven.core.errors import InputError
from breakeven.core.files import write_rows
from breakeven.core.layout import answers_path, task_path
from breakeven.exporting.every_eval_records import export_records
from breakeven.importing.read_results import import_results
from breakeven.params import Params
from breakeven.results.aggregate import family_scores
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item

SCHEMAS = Path(__file__).parent / "every_eval_ever"
FAMILIES = {"sums": "math-open", "quiz": "general-mc"}


def study() -> Params:
    return Params.model_validate(
        {
            "study": "tiny",
            "seeds": [0],
            "sources": {"chain": {"kind": "procedural", "problem": "chain", "prompts": 10}},
            "teacher": {"kind": "solver", "tokenizer": "assets/t"},
            "corpora": {"general": {"sources": ["chain"]}},
            "students": {"t1": {"base": {"kind": "folder", "path": "assets/t1"}}},
            "arms": {
                "ift": {"corpus": "general", "reasoning_share": 0.0},
                "reasoning": {"corpus": "general", "reasoning_share": 1.0},
            },
            "tasks": {
                task: {"kind": "jsonl", "path": "x.jsonl", "family": family, "grader": "exact"}
                for task, family in FAMILIES.items()
            },
            "training": {},
            "answering": {"max_new_tokens": 8, "decodings": {"greedy": {}}},
            "grading": {},
            "costs": {},
            "report": {},
        }
    )


def scored() -> pd.DataFrame:
    """Items and answers of both arms in the working directory; their rows as they are scored."""
    rows = []
    for task, family in FAMILIES.items():
        choices = ("A one", "B two") if family.endswith("mc") else ()
        items = [
            Item(f"{n}", task, family, f"Say {n}?", f"{n}", f"c{n}", "exact", choices, cluster="c")
            for n in range(3)
        ]
        write_rows(task_path(task), items)
        for arm, thinking in (("ift", 0), ("reasoning", 7)):
            answers = [
                Answer(item.id, 0, f"It is {item.id}.", "stop", 5, thinking, 2, True)
                for item in items
            ]
            write_rows(answers_path("t1", arm, 0, "greedy", task), answers)
            rows += [
                {
                    "student": "t1",
                    "arm": arm,
                    "seed": 0,
                    "decoding": "greedy",
                    "task": task,
                    "family": family,
                    "item": one.item,
                    "sample": 0,
                    "correct": one.item != "1",
                    "parsed": one.item != "2",
                    "truncated": one.item == "0",
                    "prompt_tokens": one.prompt_tokens,
                    "thinking_tokens": one.thinking_tokens,
                    "answer_tokens": one.answer_tokens,
                    "cluster": "c",
                }
                for one in answers
            ]
    return pd.DataFrame(rows)


def validate(content: object, schema: str) -> None:
    jsonschema.validate(content, json.loads((SCHEMAS / schema).read_text(encoding="utf-8")))


def test_our_records_are_valid_and_name_their_samples(project):
    written = export_records(study(), scored(), Path("out"), organization="us")
    assert len(written) == 2
    for file in written:
        record = json.loads(file.read_text(encoding="utf-8"))
        validate(record, "eval.schema.json")
        stated = record["detailed_evaluation_results"]
        samples = Path("out") / stated["file_path"]
        assert samples == file.with_name(f"{file.stem}_samples.jsonl")
        assert stated["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
        lines = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines()]
        assert len(lines) == stated["total_rows"] == 6
        for line in lines:
            validate(line, "instance_level_eval.schema.json")
            assert line["evaluation_id"] == record["evaluation_id"]
            assert line["model_id"] == record["model_info"]["id"]


def test_a_second_export_replaces_the_first(project):
    rows = scored()
    first = export_records(study(), rows, Path("out"))
    assert export_records(study(), rows, Path("out")) == first


def test_an_answer_that_is_missing_is_told(project):
    rows = scored()
    write_rows(answers_path("t1", "ift", 0, "greedy", "sums"), [])
    with pytest.raises(InputError, match=r"sums\.jsonl: no answer to 0, which is scored"):
        export_records(study(), rows, Path("out"))


def imported(places: dict[str, Path | str], tasks: str):
    runs = "".join(
        f"  - {{path: {place}, student: t1, size_b: 1, style: {style}}}\n"
        for style, place in places.items()
    )
    Path("runs.yaml").write_text(f"runs:\n{runs}tasks: {tasks}\n", encoding="utf-8")
    return import_results(Path("runs.yaml"))


def test_our_records_read_back_as_they_were(project):
    rows = scored()
    files = export_records(study(), rows, Path("out"))
    places = {file.parent.name.split("-")[1]: file.parent for file in files}
    found = imported(places, "{sums: {family: math-open}, quiz: {family: general-mc}}")
    for score in family_scores(rows):
        (cell,) = (one for one in found.select(family=score.family) if one.arm == score.arm)
        assert cell is not None
        assert cell.accuracy == pytest.approx(score.means["correct"])
        assert cell.items == score.items
        assert cell.prompt_tokens == score.means["prompt_tokens"]
        assert cell.thinking_tokens == score.means["thinking_tokens"]
        assert cell.answer_tokens == score.means["answer_tokens"]
        assert cell.truncated_share == pytest.approx(score.means["truncated"])
    assert found.items is not None
    assert set(found.items["cluster"]) == {"c"}


def result(name: str = "sums", score: float = 0.5, **changes: object) -> dict:
    return {
        "evaluation_result_id": "acc",
        "evaluation_name": name,
        "source_data": {"dataset_name": name, "source_type": "other"},
        "metric_config": {"metric_id": "accuracy", "lower_is_better": False, "max_score": 1.0},
        "score_details": {"score": score, "uncertainty": {"num_samples": 40}},
        **changes,
    }


def sample(number: int, score: float, **changes: object) -> dict:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "e",
        "evaluation_name": "sums",
        "evaluation_result_id": "acc",
        "sample_id": f"{number}",
        "sample_hash": f"hash {number}",
        "evaluation": {"score": score, "is_correct": score == 1},
        **changes,
    }


def write(
    folder: str, *results: dict, samples: list[dict] | None = None, **changes: object
) -> Path:
    """A record as converters write it; with its samples where there are any."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    name = f"0d03a117-82c9-4823-a256-43{len(list(place.iterdir())):010d}"
    content = {
        "schema_version": "0.3.0",
        "evaluation_id": "e",
        "eval_library": {"name": "lm_eval", "version": "0.4.13"},
        "model_info": {"name": "m", "id": "acme/m"},
        "evaluation_results": list(results),
        **changes,
    }
    if samples is not None:
        lines = "".join(json.dumps(one) + "\n" for one in samples)
        (place / f"{name}_samples.jsonl").write_text(lines, encoding="utf-8")
    (place / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return place


MATHS = "{sums: {family: math-open}}"


def test_samples_of_another_harness_become_answers(project):
    tokens = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13, "reasoning_tokens": None}
    samples = [sample(0, 1.0, token_usage=tokens), sample(1, 0.0, token_usage=tokens)]
    write("a", result(), samples=samples)
    (cell,) = imported({"ift": "a"}, MATHS).cells
    assert (cell.accuracy, cell.items, cell.prompt_tokens, cell.answer_tokens) == (0.5, 2, 9, 4)
    assert cell.unparsed_share is None


def test_repeated_answers_to_a_question_are_samples_of_it(project):
    write("a", result(), samples=[sample(0, 1.0), sample(0, 0.0), sample(1, 1.0)])
    found = imported({"ift": "a"}, MATHS)
    assert (found.cells[0].accuracy, found.cells[0].items) == (0.75, 2)


def test_records_without_samples_are_accuracies_by_task(project):
    write("a", result(), result("more", 0.7))
    write("b", result(score=60.0, metric_config={"max_score": 100}), result("more", 0.9))
    tasks = "{sums: {family: math-open}, more: {family: math-open}}"
    found = imported({"ift": "a", "reasoning": "b"}, tasks)
    assert [round(cell.accuracy, 3) for cell in found.cells] == [0.6, 0.75]
    assert [task.task for task in found.cells[0].tasks] == ["sums", "more"]
    assert found.items is None


@pytest.mark.parametrize(
    ("metric", "accuracy"), [("acc", 0.5), ("acc_norm", 1.0)], ids=["acc", "acc_norm"]
)
def test_one_of_several_metrics_is_chosen_by_its_id(project, metric, accuracy):
    both = (result(), result(evaluation_result_id="acc_norm"))
    samples = [
        sample(0, 1.0),
        sample(1, 0.0),
        sample(0, 1.0, evaluation_result_id="acc_norm"),
        sample(1, 1.0, evaluation_result_id="acc_norm"),
    ]
    write("a", *both, samples=samples)
    with pytest.raises(InputError, match=r"sums: has acc, acc_norm; set tasks\.sums\.metric"):
        imported({"ift": "a"}, MATHS)
    found = imported({"ift": "a"}, f"{{sums: {{family: math-open, metric: {metric}}}}}")
    assert found.cells[0].accuracy == accuracy


def test_two_filters_of_a_task_are_not_two_tasks(project):
    write("a", result("sums/strict", 0.2), result("sums/loose", 0.4))
    with pytest.raises(InputError, match="sums: has filters loose, strict; set"):
        imported({"ift": "a"}, MATHS)
    found = imported({"ift": "a"}, "{sums: {family: math-open, filter: loose}}")
    assert found.cells[0].accuracy == 0.4


@pytest.mark.parametrize(
    ("changes", "results", "samples", "message"),
    [
        ({"schema_version": "1.0.0"}, [result()], None, "schema_version: value is '1.0.0'"),
        ({}, [result(score=1.5)], None, r"score: value is 1\.5; use a metric within 0\.\.1"),
        ({}, [result(score=True)], None, "score: value is True"),
        (
            {},
            [result(metric_config={"lower_is_better": True})],
            None,
            "a lower score is better; choose an accuracy",
        ),
        ({}, [result()], [sample(0, 2.0)], r"line 1: score: value is 2\.0"),
        ({}, [result()], [sample(0, 1, evaluation_name="x")], "has no row of sums"),
        ({}, [result()], [sample(0, 1, evaluation_id="f")], "its evaluation_id is not that of"),
        (
            {"detailed_evaluation_results": {"hash_algorithm": "sha256", "checksum": "0"}},
            [result()],
            [sample(0, 1)],
            "its checksum is not the one in",
        ),
        (
            {"detailed_evaluation_results": {"total_rows": 9}},
            [result()],
            [sample(0, 1)],
            "holds 1 rows, .* says 9",
        ),
    ],
)
def test_records_that_cannot_be_trusted_are_refused(project, changes, results, samples, message):
    write("a", *results, samples=samples, **changes)
    with pytest.raises(InputError, match=message) as caught:
        imported({"ift": "a"}, MATHS)
    assert "\n" not in str(caught.value)


def test_records_of_two_models_are_no_run(project):
    write("a", result())
    write("a", result("more"), model_info={"id": "acme/n"})
    with pytest.raises(InputError, match=r"records of 2 models \(acme/m, acme/n\)"):
        imported({"ift": "a"}, MATHS)


def test_runs_of_other_tasks_or_kinds_are_not_compared(project):
    write("a", result())
    write("b", result(), result("more"))
    write("c", result(), samples=[sample(0, 1)])
    tasks = "{sums: {family: math-open}, more: {family: math-open}}"
    with pytest.raises(InputError, match="family math-open: t1, arm ift: has no more"):
        imported({"ift": "a", "reasoning": "b"}, tasks)
    with pytest.raises(InputError, match=r"has no _samples\.jsonl file, other runs have answers"):
        imported({"ift": "a", "reasoning": "c"}, tasks)


def test_one_question_of_two_texts_is_refused(project):
    write("a", result(), samples=[sample(0, 1)])
    write("b", result(), samples=[sample(0, 1, sample_hash="another")])
    with pytest.raises(InputError, match="question 0: the runs were asked different questions"):
        imported({"ift": "a", "reasoning": "b"}, MATHS)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("truncated", "", "metadata.truncated: value is ''; use true or false"),
        ("truncated", {"a": 1}, "metadata.truncated: value is"),
        ("parsed", None, "metadata.parsed: value is 'None'"),
        ("parsed", "0.5", "metadata.parsed: value is '0.5'"),
        ("cluster", "c\ud800", "cluster: remove U+D800, which cannot be seen"),
    ],
)
def test_our_records_changed_by_hand_are_refused_in_a_line(project, name, value, message):
    file = export_records(study(), scored(), Path("out"))[0]
    samples = file.with_name(f"{file.stem}_samples.jsonl")
    lines = samples.read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    first["metadata"][name] = value
    samples.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n", encoding="utf-8")
    record = json.loads(file.read_text(encoding="utf-8"))
    record["detailed_evaluation_results"]["checksum"] = hashlib.sha256(
        samples.read_bytes()
    ).hexdigest()
    file.write_text(json.dumps(record), encoding="utf-8")
    style = file.parent.name.split("-")[1]
    with pytest.raises(InputError) as caught:
        imported({style: file.parent}, "{sums: {family: math-open}, quiz: {family: general-mc}}")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
