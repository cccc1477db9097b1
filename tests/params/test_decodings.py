"""Decodings: whom they ask, in which sampler, and what of them is refused."""

from pathlib import Path
from typing import Any

import pytest
from tests.params.valid import VALID, changed, error_of

from breakeven.params import Decoding, Params
from breakeven.params.cells import decodings_of, resolve_asking

ARMS = {
    **VALID["arms"],
    "reasoning": {"corpus": "general", "reasoning_share": 1.0},
}


def study(decodings: dict[str, Any], **answering: Any) -> Params:
    return Params.model_validate(
        {
            **VALID,
            "arms": ARMS,
            "answering": {"max_new_tokens": 64, "decodings": decodings, **answering},
        }
    )


def test_an_arm_is_asked_in_the_decodings_that_name_it_and_in_those_that_name_none():
    params = study({"greedy": {}, "vote": {"temperature": 1.0}, "own": {"arms": ["ift"]}})
    assert decodings_of(params, "ift") == ("greedy", "vote", "own")
    assert decodings_of(params, "reasoning") == ("greedy", "vote")


def test_a_style_has_its_own_values_and_the_decoding_s_others():
    drawn = {"temperature": 0.6, "top_k": 20, "samples": 4, "arms": ["ift", "reasoning"]}
    style = {"ift": {"temperature": 0.7, "min_p": 0.1}}
    params = study({"greedy": {}, "vote": {**drawn, "by_style": style}})
    ift, reasoning = (resolve_asking(params, arm, "vote").decoding for arm in ("ift", "reasoning"))
    assert ift == Decoding(temperature=0.7, top_k=20, min_p=0.1, samples=4)
    assert reasoning == Decoding(temperature=0.6, top_k=20, samples=4)


def test_the_decoding_limits_an_answer_before_the_task_and_the_task_before_all():
    params = study(
        {"greedy": {}, "long": {"max_new_tokens": 512}},
        by_task={"chain-open": {"max_new_tokens": 128}},
    )
    limits = {
        (name, task): resolve_asking(params, "ift", name, task).max_new_tokens
        for name in ("greedy", "long")
        for task in ("chain-open", "")
    }
    assert limits == {
        ("greedy", "chain-open"): 128,
        ("greedy", ""): 64,
        ("long", "chain-open"): 512,
        ("long", ""): 512,
    }
    assert params.answering.longest == 512


def test_a_task_s_samples_are_of_decodings_that_draw_and_its_shots_of_arms_that_are_shown_some():
    own = {"chain-open": {"samples": 16, "shots": 5}}
    params = study({"greedy": {}, "vote": {"temperature": 1.0, "samples": 4}}, by_task=own)
    found = {
        (arm, name): resolve_asking(params, arm, name, "chain-open")
        for arm in ("base", "ift")
        for name in ("greedy", "vote")
    }
    assert [one.decoding.samples for one in found.values()] == [1, 16, 1, 16]
    assert [one.shots for one in found.values()] == [5, 5, 0, 0]
    assert resolve_asking(params, "ift", "vote").decoding.samples == 4


def test_what_is_about_a_trace_is_nothing_to_arms_without_one():
    forced = {"thinking_tokens": 20, "ask": "So ", "wait": 2, "wait_text": " Hm"}
    params = study({"greedy": {}, "forced": forced, "off": {"thinking": "off"}})
    plain = Decoding()
    assert resolve_asking(params, "base", "forced").decoding == plain
    assert resolve_asking(params, "base", "off").decoding == plain
    assert resolve_asking(params, "ift", "off").decoding == plain
    # A student that has learnt plain answers may still begin a trace.
    assert resolve_asking(params, "ift", "forced").decoding == Decoding(**forced)
    assert resolve_asking(params, "reasoning", "off").decoding == Decoding(thinking="off")


@pytest.mark.parametrize(
    ("by_task", "message"),
    [
        (
            {"chain-opn": {"shots": 2}},
            "answering.by_task.chain-opn: there is no such task; did you mean 'chain-open'",
        ),
        ({"chain-open": {}}, "answering.by_task.chain-open: is empty; give"),
        ({"chain-open": {"shots": 0}}, "answering.by_task.chain-open.shots: 0: Input"),
        (
            {"chain-open": {"samples": 4}},
            "answering.by_task.chain-open.samples: value is 4, which is for decodings that draw, "
            "and none does; give one a temperature, or remove it",
        ),
    ],
)
def test_what_a_task_cannot_have_of_its_own_is_one_line(
    tmp_path: Path, by_task: dict[str, Any], message: str
) -> None:
    error = error_of(changed("answering/by_task", by_task), tmp_path)
    assert message in error
    assert "\n" not in error


ALIKE = [
    ({"top_k": 1}, "samples with top_k 1, which leaves one token to draw, are all the same; use 1"),
    ({"min_p": 1.0}, "samples with min_p 1, which leaves one token to draw, are all the same"),
    ({"top_p": 1e-9}, "samples with top_p 1e-09, which leaves one token to draw, are all the same"),
    ({"temperature": 1e-12}, "or a temperature of 0.01 or more"),
]


@pytest.mark.parametrize(("sampler", "message"), ALIKE)
def test_samples_that_cannot_differ_are_refused_wherever_they_are_asked_for(
    tmp_path: Path, sampler: dict[str, Any], message: str
) -> None:
    drawn = {"temperature": 0.7, **sampler}
    own = {"temperature": 0.7, "by_style": {"ift": drawn}}
    by_task = {"chain-open": {"samples": 4}}
    given = [
        ({"decodings": {"greedy": {}, "v": {**drawn, "samples": 4}}}, "decodings.v.samples: 4"),
        ({"decodings": {"greedy": {}, "v": {**own, "samples": 4}}}, "v.by_style: ift: samples: 4"),
        ({"decodings": {"v": drawn}, "by_task": by_task}, "value is 4; in decodings.v 4"),
        ({"decodings": {"v": own}, "by_task": by_task}, "value is 4; in decodings.v 4"),
    ]
    for answering, where in given:
        tree = {**VALID, "answering": {"max_new_tokens": 64, **answering}}
        error = error_of(tree, tmp_path)
        assert where in error
        assert message in error
        assert "\n" not in error
    # One sample is drawn as it likes.
    assert study({"v": drawn}, by_task={"chain-open": {"samples": 1}})


def test_the_bounds_of_what_samples_can_differ_by_are_within():
    bounds = ({"top_k": 2}, {"min_p": 0.999}, {"top_p": 1.1e-6}, {"temperature": 0.01})
    for sampler in bounds:
        assert Decoding(**{"temperature": 0.7, "samples": 4, **sampler}).samples == 4


@pytest.mark.parametrize(
    ("decodings", "message"),
    [
        ({"greedy": {"top_k": 0}}, "decodings.greedy.top_k: 0: Input"),
        ({"greedy": {"min_p": 1.5}}, "decodings.greedy.min_p: 1.5: Input"),
        (
            {"greedy": {"repetition_penalty": 0}},
            "decodings.greedy.repetition_penalty: 0: Input",
        ),
        (
            {"greedy": {"frequency_penalty": 2.5}},
            "decodings.greedy.frequency_penalty: 2.5: Input",
        ),
        (
            {"greedy": {}, "v": {"temperature": 1.0, "by_style": {"mixd": {}}}},
            "decodings.v.by_style.mixd",
        ),
        (
            {"greedy": {}, "v": {"temperature": 1.0, "by_style": {"ift": {}}}},
            "decodings.v.by_style: ift: is empty; give what is other for this style, or remove it",
        ),
        (
            {
                "greedy": {},
                "v": {
                    "temperature": 1.0,
                    "samples": 4,
                    "by_style": {"ift": {"temperature": 0.0}},
                },
            },
            "decodings.v.by_style: ift: samples: 4 greedy samples are all the same",
        ),
        (
            {"greedy": {}, "v": {"arms": ["reasonin"]}},
            "decodings.v.arms: 'reasonin' is no arm; did you mean",
        ),
        ({"greedy": {"arms": ["ift"]}}, "the first decoding is the one that arms are compared in"),
        ({"greedy": {}, "v": {"arms": ["ift", "ift"]}}, "'ift' is given twice"),
        ({"greedy": {"wait": 2}}, "decodings.greedy.wait: needs a budget"),
        ({"greedy": {"ask": "So "}}, "decodings.greedy.ask: needs a budget"),
        (
            {"greedy": {"thinking_tokens": 4, "wait_text": "Hm"}},
            "decodings.greedy.wait_text: is written in the place of a mark",
        ),
        (
            {"greedy": {"thinking_tokens": 4, "thinking": "off"}},
            "decodings.greedy.thinking: value is off, so that there is no trace",
        ),
        (
            {"greedy": {"thinking_tokens": 8}},
            "decodings.greedy.thinking_tokens: value is 8; an answer to chain-open has at most 8",
        ),
        (
            {"greedy": {"thinking_tokens": 8, "max_new_tokens": 8}},
            "decodings.greedy.thinking_tokens: value is 8; max_new_tokens is 8",
        ),
        ({"greedy": {"thinking": "maybe"}}, "decodings.greedy.thinking: 'maybe'"),
    ],
)
def test_a_decoding_that_makes_no_sense_is_one_line(
    tmp_path: Path, decodings: dict[str, Any], message: str
) -> None:
    tree = {**changed("answering/decodings", decodings), "arms": ARMS}
    error = error_of(tree, tmp_path)
    assert message in error
    assert "\n" not in error
