"""Traces in text: joined, parted, and what counts as cut short."""

import json
import os
from pathlib import Path

import pytest
from tests.conftest import ROOT

from breakeven.core.errors import InputError
from breakeven.rows.traces import (
    after_trace,
    bare_trace,
    is_truncated,
    split_reasoning,
    split_trace,
    why_misplaced,
    why_not_traced,
    with_trace,
)

SHARED = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared"))
LONG_TRACES = SHARED / "real" / "traces" / "sky-t1-amc23.jsonl"


@pytest.mark.parametrize(
    ("text", "opened", "parts"),
    [
        ("7", False, ("", "7", True)),
        ("", False, ("", "", True)),
        ("<think>\na\n</think>\n\n7", False, ("<think>\na\n</think>", "\n\n7", True)),
        ("a</think>7", False, ("a</think>", "7", True)),
        ("a</think>7", True, ("a</think>", "7", True)),
        ("\n</think>\n\n7", True, ("\n</think>", "\n\n7", True)),
        ("a 7", True, ("a 7", "", False)),
        ("", True, ("", "", False)),
        ("<think>a 7", False, ("<think>a 7", "", False)),
        ("<think>a</think>7<think>b", False, ("<think>a</think>7<think>b", "", False)),
        ("<think>a</think>7<think>b", True, ("<think>a</think>7<think>b", "", False)),
        ("<think>a</think>b</think>7", False, ("<think>a</think>b</think>", "7", True)),
    ],
)
def test_a_text_is_parted_after_the_last_mark_that_closes(text, opened, parts):
    assert split_trace(text, opened=opened) == parts
    assert "".join(parts[:2]) == text


@pytest.mark.parametrize(
    ("text", "closed", "answer"),
    [
        ("7", True, "7"),
        ("a 7", False, ""),
        ("<think>a</think>7", True, "7"),
        ("<think>a</think>the word <think>", True, "the word <think>"),
    ],
)
def test_an_answer_follows_a_trace_that_is_known_to_be_closed(text, closed, answer):
    assert after_trace(text, closed=closed) == answer


@pytest.mark.parametrize(
    ("stop", "closed", "truncated"),
    [
        ("stop", True, False),
        ("length", True, True),
        ("stop", False, True),
        ("length", False, True),
        ("content_filter", True, False),
    ],
)
def test_cut_short_is_at_the_limit_or_inside_the_trace(stop, closed, truncated):
    assert is_truncated(stop, closed=closed) == truncated


@pytest.mark.parametrize(
    ("thinking", "bare"),
    [
        ("<think>\na\n</think>", "a"),
        ("\n a \n</think>", "a"),
        ("<think>a", "a"),
        ("<think>\n\n</think>", ""),
        ("", ""),
        ("so <think>a</think>", "so <think>a"),
    ],
)
def test_a_bare_trace_has_no_marks_around_it(thinking, bare):
    assert bare_trace(thinking) == bare


@pytest.mark.parametrize(
    ("thinking", "answer"),
    [("a", "b"), ("", ""), ("\n a \n", "\n\n b \n"), ("x <think> y", "b </think> c")],
)
def test_parting_undoes_joining(thinking, answer):
    assert split_reasoning(with_trace(thinking, answer)) == (thinking, answer)


@pytest.mark.parametrize(
    "text", ["<think>a\nb</think> c", "\n<think>\na\nb</think>\nc\n", "<think> a\nb\n</think>c"]
)
def test_trace_in_another_spacing_is_parted(text):
    assert split_reasoning(text) == ("a\nb", "c")


@pytest.mark.parametrize("text", ["", "7", "<think>a", "a</think>b", "so <think>a</think>b"])
def test_text_that_does_not_begin_with_a_closed_trace_is_refused(text):
    with pytest.raises(InputError, match="does not begin with a trace"):
        split_reasoning(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<think>\na\n</think>\n\nb", None),
        ("\n<think>a</think>b", None),
        ("a</think>b", "reasoning does not begin with a trace"),
        ("So <think>a</think>b", "reasoning does not begin with a trace"),
        ("<think>a", "the trace in reasoning is not closed"),
        ("<think> \n</think>b", "the trace in reasoning is empty"),
        ("<think>a</think>\n", "no answer follows the trace in reasoning"),
        ("<think>a<think></think>b", "a think mark is inside the trace"),
        ("<think>a</think>b</think>c", "a think mark is inside the answer after the trace"),
    ],
)
def test_a_published_trace_is_one_closed_trace_with_an_answer(text, why):
    assert why_not_traced(text) == why


def test_marks_are_told_wherever_they_are_misplaced():
    assert why_misplaced("a < think > b", "the answer") is None
    assert why_misplaced("a <think> b", "the answer") == "a think mark is inside the answer"
    assert why_misplaced("a </think>", "the trace") == "a think mark is inside the trace"


@pytest.mark.skipif(not LONG_TRACES.is_file(), reason=f"needs {LONG_TRACES}")
def test_long_public_traces_are_joined_parted_and_rendered_as_they_are():
    from tests.rendering.shapes import SHAPES

    from breakeven.rendering import Lesson, render_examples, split_generated
    from breakeven.rendering.render import decode

    rows = [json.loads(line) for line in LONG_TRACES.read_text(encoding="utf-8").splitlines()]
    pairs = []
    for row in rows:
        thought, _, said = row["text"].partition("<|end_of_thought|>")
        pairs.append((row["question"], thought.removeprefix("<|begin_of_thought|>"), said))
        assert split_reasoning(with_trace(thought, said)) == (thought, said)
        assert split_trace(with_trace(thought, said)).answer == f"\n\n{said}"
    for name in ("ChatML (Qwen2.5)", "Qwen3, thinking", "Llama 2", "Gemma"):
        tokenizer = SHAPES[name].loaded
        examples = render_examples(tokenizer, [Lesson(*pair) for pair in pairs])
        for (_, thought, said), example in zip(pairs, examples, strict=True):
            parts = split_generated(tokenizer, example.input_ids[example.labels_start :])
            assert parts.closed
            assert thought in decode(tokenizer, parts.thinking_ids)
            assert decode(tokenizer, parts.answer_ids[:-1]).strip() == said.strip()
