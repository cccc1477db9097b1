"""From a number to what it rests on and back to the same number, file by file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faults.conftest import STUDENT, smallest, study
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_jsonl
from breakeven.core.records import read_record
from breakeven.lineage.backward import trace_completion
from breakeven.lineage.forward import trace_number
from breakeven.lineage.numbers import parse_name
from breakeven.params import Params
from breakeven.rows.pair import read_pairs

NUMBER = f"math-open/{STUDENT}/reasoning/greedy"
PAIRS = Path("data/pairs/general.parquet")


def numbers_of(params: Params, completion: str) -> set[str]:
    return {str(one.name) for one in trace_completion(params, completion).numbers}


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, ["trace", *words])
    if done.exception is not None:
        raise done.exception
    return done


def in_half(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with an arm that learns a few of the pairs, half of them with a trace."""
    arm = {"corpus": "general", "reasoning_share": 0.5, "budget": {"samples": 8}}
    tree["arms"] = {"mixed": arm}
    return tree


def test_a_number_leads_to_files_that_are_there_with_their_digests(ran: Path) -> None:
    chain = trace_number(study(), parse_name(study(), NUMBER))
    assert [one.what for one in chain.links] == [
        "scores",
        "items",
        "answers",
        "weights",
        "base",
        "pairs",
        "completions",
        "completions",
        "prompts",
        "prompts",
    ]
    for one in chain.links:
        assert Path(one.path).exists()
        assert one.record is not None
        assert Path(one.record).is_file()
        if one.what == "base":  # the pointer's: of what it points at
            assert one.digest == digest_path(Path(f"assets/tabletop/{STUDENT}"))
        else:
            assert one.digest == digest_path(Path(one.path))


def test_its_accuracy_is_that_of_the_answers_in_the_file_it_names(ran: Path) -> None:
    import pyarrow.parquet as pq

    chain = trace_number(study(), parse_name(study(), NUMBER))
    rows = pq.read_table("scores/items.parquet").to_pylist()
    mine = [
        row["correct"]
        for row in rows
        if (row["family"], row["student"], row["arm"]) == ("math-open", STUDENT, "reasoning")
    ]
    assert chain.number.answers == len(mine) == 6
    assert chain.number.accuracy == pytest.approx(sum(mine) / len(mine))
    assert chain.number.by_seed == {0: chain.number.accuracy}
    (answers,) = [one for one in chain.links if one.what == "answers"]
    assert len(read_jsonl(Path(answers.path))) == len(mine)


def test_there_and_back_is_the_same_number(ran: Path) -> None:
    params = study()
    chain = trace_number(params, parse_name(params, NUMBER))
    learnt = list(chain.learnt[0].times)
    # The arm learns every pair once, with its trace.
    assert {one.pair for one in learnt} == {pair.id for pair in read_pairs(PAIRS)}
    assert {one.style for one in learnt} == {"reasoning"}
    uses = trace_completion(params, f"{learnt[0].pair}/reasoning")
    assert NUMBER in {str(one.name) for one in uses.numbers}
    assert chain.number in uses.numbers
    (training,) = uses.trainings
    assert (training.arm, training.seed, training.times) == ("reasoning", 0, 1)
    forward = {one.path: one.digest for one in chain.links}
    assert forward[training.weights.path] == training.weights.digest
    for one in uses.links:
        assert forward[one.path] == one.digest
    # The completion is in the line that is told.
    (place,) = [one for one in uses.links if one.what == "completion"]
    line = Path(place.path).read_text().splitlines()[int(place.note.removeprefix("line ")) - 1]
    assert json.loads(line)["id"] == learnt[0].pair


def test_every_number_on_the_way_back_leads_to_the_completion(ran: Path) -> None:
    params = study()
    pair = read_pairs(PAIRS)[0].id
    uses = trace_completion(params, pair)
    assert {(one.arm, one.style) for one in uses.trainings} == {
        ("ift", "ift"),
        ("reasoning", "reasoning"),
    }
    for number in uses.numbers:
        chain = trace_number(params, number.name)
        assert chain.number == number
        assert pair in {one.pair for one in chain.learnt[0].times}
    assert {str(one.name).split("/")[0] for one in uses.numbers} == {
        "chain-open",
        "lookup-mc",
        "math-open",
        "general-mc",
    }


def test_a_completion_in_the_other_style_carries_other_numbers(ran: Path) -> None:
    params, pair = study(), read_pairs(PAIRS)[0].id
    plain, traced = (numbers_of(params, f"{pair}/{style}") for style in ("ift", "reasoning"))
    assert {name.split("/")[2] for name in plain} == {"ift"}
    assert {name.split("/")[2] for name in traced} == {"reasoning"}
    assert numbers_of(params, pair) == plain | traced


def test_of_a_budget_only_what_was_drawn_is_told(ran: Path) -> None:
    from tests.pipeline.repository import run_stage

    from breakeven.score.stage import run as score

    tree = in_half(smallest())
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    params = Params.model_validate(tree)
    run_stage("train", params, STUDENT, "mixed", 0)
    run_stage("answer", params, STUDENT)
    score(params)
    chain = trace_number(params, parse_name(params, f"math-open/{STUDENT}/mixed"))
    learnt = {(one.pair, one.style): times for one, times in chain.learnt[0].times.items()}
    assert sum(learnt.values()) == read_record("train", STUDENT, "mixed", 0).metrics["samples"] == 8
    assert [style for _, style in learnt].count("reasoning") == 4
    name = str(chain.number.name)
    for pair in read_pairs(PAIRS):
        for style in ("ift", "reasoning"):
            rests = name in numbers_of(params, f"{pair.id}/{style}")
            assert rests == ((pair.id, style) in learnt)


def test_a_pair_that_was_left_out_is_told_with_the_reason(ran: Path) -> None:
    from breakeven.pairs.stage import run as pairs

    chain = [pair for pair in read_pairs(PAIRS) if pair.source == "chain"]
    lengths = {pair.id: (pair.prompt_tokens or 0) + (pair.reasoning_tokens or 0) for pair in chain}
    longest = max(lengths, key=lambda name: lengths[name])
    most = lengths[longest] - 1
    tree = smallest()
    tree["corpora"]["short"] = {"sources": ["chain"], "rules": {"max_tokens": most}}
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    params = Params.model_validate(tree)
    pairs(params, "short")
    uses = trace_completion(params, longest)
    assert uses.dropped == {"short": f"longer than {most} tokens in one style"}
    assert [one.path for one in uses.links if one.what == "pairs"] == [PAIRS.as_posix()]


def test_a_training_on_other_pairs_than_there_are_is_refused(ran: Path) -> None:
    record = read_record("train", STUDENT, "reasoning", 0)
    replace(record, inputs={**record.inputs, PAIRS.as_posix(): "0" * 64}).write()
    with pytest.raises(InputError, match=f"`dvc repro train@{STUDENT}-reasoning-0`"):
        trace_number(study(), parse_name(study(), NUMBER))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a number"),
        ([NUMBER, "--completion", "x"], "name a number"),
        (["math-open"], "names no number; use TASK-OR-FAMILY/STUDENT/ARM"),
        ([f"math-open/{STUDENT}/reasonin"], "did you mean 'reasoning'"),
        (["math-open/none/reasoning"], "students"),
        ([f"math/{STUDENT}/reasoning"], "there are chain-open, general-mc"),
        ([f"math-open/{STUDENT}/reasoning/hot"], "decodings"),
        (["--completion", "chain-999999"], "is the id of no training prompt"),
    ],
    ids=str,
)
def test_a_name_that_is_none_is_told_with_what_there_is(
    ran: Path, words: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said) as error:
        run(*words)
    assert "\n" not in str(error.value)


def test_text_and_json_say_the_same(ran: Path) -> None:
    found = json.loads(run(NUMBER, "--json").stdout)
    text = run(f"math-open/{STUDENT}/reasoning").stdout
    assert text.startswith(f"{found['number']['name']}: ")
    for one in found["links"]:
        assert one["path"] in text
        assert one["digest"][:12] in text
        assert one["record"] in text
    pair = found["learnt"]["0"][0]["pair"]
    assert f"{pair}/reasoning" in text
    back = json.loads(run("--pair", pair, "--json").stdout)
    said = run("--completion", pair).stdout
    assert NUMBER in {one["name"] for one in back["numbers"]}
    for one in back["numbers"]:
        assert f"rests on it: {one['name']}: " in said
    for one in back["trainings"]:
        assert one["weights"]["path"] in said
