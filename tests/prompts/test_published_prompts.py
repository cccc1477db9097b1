"""Published pairs as prompts: the schema is checked on arrival, bad rows are counted, not lost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.hubdata.folders import PUBLISHED, published, published_folder, write_split

from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import prompts_path
from breakeven.distill.published_completions import published_completions
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import PublishedSource
from breakeven.prompts.published_prompts import why_bad
from breakeven.prompts.source_prompts import load_prompts, stream_prompts
from breakeven.rows.prompt import Prompt

GOOD = published(1)[0]


def source(**more: Any) -> PublishedSource:
    return PublishedSource.model_validate({"kind": "published-pairs", "folder": "set", **more})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"reasoning": "<think>steps</think> 4"}, None),
        ({"reasoning": " \n<think> steps\n\n</think>4"}, None),
        ({"prompt": "What does <think> mean?"}, None),
        ({"prompt": None}, "prompt is missing"),
        ({"prompt": ["a"]}, "prompt is not text"),
        ({"ift": 4}, "ift is not text"),
        ({"ift": " \n"}, "ift is empty"),
        ({"ift": "<think>\n\n</think>\n\n4"}, "a think mark is inside ift"),
        ({"ift": "4</think>"}, "a think mark is inside ift"),
        ({"reasoning": ""}, "reasoning is empty"),
        ({"reasoning": "4"}, "reasoning does not begin with a trace"),
        ({"reasoning": "steps</think>4"}, "reasoning does not begin with a trace"),
        ({"reasoning": "Well. <think>steps</think>4"}, "reasoning does not begin with a trace"),
        ({"reasoning": "<think>steps and steps"}, "the trace in reasoning is not closed"),
        ({"reasoning": "<think>\n\n</think>\n\n4"}, "the trace in reasoning is empty"),
        ({"reasoning": "<think>steps</think>\n"}, "no answer follows the trace in reasoning"),
        ({"reasoning": "<think>a<think>b</think>4"}, "a think mark is inside the trace"),
        ({"reasoning": "<think>a</think>b</think>4"}, "is inside the answer after the trace"),
    ],
)
def test_a_row_is_a_pair_or_says_why_not(changes: dict[str, Any], reason: str | None) -> None:
    found = why_bad({**GOOD, **changes})
    assert found is None if reason is None else reason in str(found)


def test_bad_rows_are_counted_and_named_in_the_record(project: Path) -> None:
    rows = published(6)
    rows[1]["ift"] = ""
    rows[3]["reasoning"] = "<think>on and on"
    rows[4]["ift"] = " "
    write_split(project / "set", "reasoning_ift_pairs", rows, schema=PUBLISHED)
    notes = LoadNotes()
    prompts = list(stream_prompts("pub", source(), notes))
    assert [prompt.id for prompt in prompts] == ["pub-000000", "pub-000002", "pub-000005"]
    assert notes.details() == {
        "data_set": {
            "place": "set",
            "revision": None,
            "commit": None,
            "config": "default",
            "split": "reasoning_ift_pairs",
            "rows": 6,
        },
        "dropped_by_reason": {"ift is empty": 2, "the trace in reasoning is not closed": 1},
        "dropped_rows": [
            [1, "ift is empty"],
            [3, "the trace in reasoning is not closed"],
            [4, "ift is empty"],
        ],
    }


def test_a_sample_holds_rows_of_the_whole_split_in_its_order(project: Path) -> None:
    published_folder(project / "set", 40)
    whole, part = (load_prompts("pub", source(prompts=count)) for count in (None, 8))
    assert len(part) == 8
    assert [one for one in whole if one in part] == part
    assert load_prompts("pub", source(prompts=8, seed=1)) != part


def test_completions_come_from_the_prompts_without_counts(project: Path) -> None:
    published_folder(project / "set", 2)
    prompts = load_prompts("pub", source())
    _, plain, *_ = published_completions(prompts, "ift")
    _, traced, *_ = published_completions(prompts, "reasoning")
    assert (plain.id, plain.thinking, plain.answer) == ("pub-000001", "", "It is 2.")
    assert (traced.id, traced.thinking, traced.answer) == ("pub-000001", "1 and 1 make 2", "2")
    assert traced.prompt_tokens is traced.thinking_tokens is traced.answer_tokens is None
    assert (traced.stop, traced.closed) == ("stop", True)


def test_a_prompt_without_completions_names_the_stage(project: Path) -> None:
    with pytest.raises(InputError, match=r"p-1: no completion .* run `dvc repro prompts@p`"):
        next(published_completions([Prompt("p-1", "p", prompt="?", content="c")], "ift"))


def test_a_data_set_of_another_schema_names_the_column(project: Path) -> None:
    write_split(project / "set", "reasoning_ift_pairs", [{"prompt": "a", "answer": "b"}])
    with pytest.raises(InputError, match=r"field 'reasoning': no 'reasoning'; .*answer, prompt"):
        load_prompts("pub", source())


def test_a_split_without_one_good_row_says_what_most_lack(project: Path) -> None:
    rows = [{**GOOD, "ift": ""}, {**GOOD, "ift": ""}, {**GOOD, "prompt": ""}]
    write_split(project / "set", "reasoning_ift_pairs", rows, schema=PUBLISHED)
    with pytest.raises(InputError, match="of 3 rows none can be used, mostly since ift is empty"):
        load_prompts("pub", source())


def test_the_stage_writes_prompts_and_record_or_one_line(project: Path) -> None:
    published_folder(project / "set", 5)
    text = (ROOT / "tests/study.yaml").read_text()
    added = "sources:\n  pub: {kind: published-pairs, folder: set, prompts: 3}\n  gone: "
    added += "{kind: published-pairs, folder: gone}\n"
    (project / "params.yaml").write_text(text.replace("sources:\n", added, 1))

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "stages/prompts.py"), "--source", name]
        return subprocess.run(command, capture_output=True, text=True)

    done = run("pub")
    assert done.returncode == 0, done.stderr
    assert len(read_rows(prompts_path("pub"), Prompt)) == 3
    record = json.loads((project / "records/prompts/pub.json").read_text())
    assert record["metrics"] == {"prompts": 3, "dropped": 0}
    assert record["details"]["data_set"]["rows"] == 5
    failed = run("gone")
    assert failed.returncode == 2
    assert failed.stderr == "error: params.yaml: sources.gone: data set gone: no such folder\n"
    assert not prompts_path("gone").exists()
