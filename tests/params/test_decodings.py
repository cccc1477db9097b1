"""Decodings: whom they ask, in which sampler, and what of them is refused."""

from pathlib import Path
from typing import Any

import pytest
from tests.params.test_load import VALID, changed, error_of

from breakeven.params import Decoding, Params
from breakeven.params.cells import decodings_of, resolve_decoding

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
    ift, reasoning = (resolve_decoding(params, arm, "vote") for arm in ("ift", "reasoning"))
    assert ift == Decoding(temperature=0.7, top_k=20, min_p=0.1, samples=4)
    assert reasoning == Decoding(temperature=0.6, top_k=20, samples=4)


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
    ],
)
def test_a_decoding_that_makes_no_sense_is_one_line(
    tmp_path: Path, decodings: dict[str, Any], message: str
) -> None:
    tree = {**changed("answering/decodings", decodings), "arms": ARMS}
    error = error_of(tree, tmp_path)
    assert message in error
    assert "\n" not in error
