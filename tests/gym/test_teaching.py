"""What the solver teacher and the untrained students make of prompts of reasoning-gym."""

from pathlib import Path

import pytest

from breakeven.answer.shots import pick_shots
from breakeven.core.errors import InputError
from breakeven.core.files import write_rows
from breakeven.core.layout import prompts_path
from breakeven.distill.solver_teacher import solve
from breakeven.params import GymSource, Params, SolverTeacher
from breakeven.prompts.source_prompts import load_prompts
from breakeven.tasks.task_items import load_items

ROOT = Path(__file__).resolve().parents[2]
TEACHER = SolverTeacher(kind="solver", tokenizer="assets/tabletop/t2m")


def source(dataset: str, prompts: int = 4) -> GymSource:
    return GymSource(kind="reasoning-gym", dataset=dataset, prompts=prompts)


def test_both_styles_end_in_the_same_answer(monkeypatch):
    monkeypatch.chdir(ROOT)
    prompts = load_prompts("lcm", source("lcm"))
    plain, reasoned = (list(solve(TEACHER, prompts, style)) for style in ("ift", "reasoning"))
    for prompt, one, other in zip(prompts, plain, reasoned, strict=True):
        assert one.answer == other.answer == prompt.reference
        assert (one.thinking, other.thinking) == ("", prompt.solution)
        assert one.thinking_tokens == 0 < other.thinking_tokens
        assert one.prompt_tokens == other.prompt_tokens


def test_the_solver_refuses_a_data_set_without_solutions(monkeypatch):
    monkeypatch.chdir(ROOT)
    prompts = load_prompts("sequence", source("number_sequence"))
    with pytest.raises(InputError, match="the solver cannot answer sequence-000000"):
        list(solve(TEACHER, prompts, "reasoning"))


@pytest.mark.parametrize(
    "keys",
    [{}, {"tokenizer": "assets/t", "model": {"kind": "folder", "path": "assets/t"}}],
)
def test_the_solver_counts_in_exactly_one_tokenizer(keys):
    with pytest.raises(ValueError, match="give exactly one of tokenizer, model"):
        SolverTeacher(kind="solver", **keys)


def test_the_solver_counts_in_the_tokenizer_of_a_model(monkeypatch):
    monkeypatch.chdir(ROOT)
    prompts = load_prompts("lcm", source("lcm"))
    model = {"kind": "folder", "path": "assets/tabletop/t2m"}
    counted = SolverTeacher.model_validate({"kind": "solver", "model": model})
    assert list(solve(counted, prompts, "reasoning")) == list(solve(TEACHER, prompts, "reasoning"))


def test_shots_come_from_the_data_set_of_the_task(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = Params.model_validate(
        {
            "study": "s",
            "sources": {"a-gcd": source("gcd"), "b-lcm": source("lcm")},
            "teacher": {"kind": "solver", "tokenizer": "assets/t"},
            "corpora": {"all": {"sources": ["a-gcd", "b-lcm"]}},
            "students": {"t": {"base": {"kind": "folder", "path": "assets/t"}}},
            "arms": {"base": {"method": "none", "shots": 3}},
            "tasks": {
                "lcm": {
                    "kind": "reasoning-gym",
                    "dataset": "lcm",
                    "family": "math-open",
                    "items": 2,
                }
            },
            "answering": {"max_new_tokens": 8, "decodings": {"greedy": {}}},
        }
    )
    for name, row in params.sources.items():
        write_rows(prompts_path(name), load_prompts(name, row))
    shots = pick_shots(params, "lcm", load_items("lcm", params.tasks["lcm"]), 3)
    assert all("(LCM)" in shot.prompt for shot in shots)
