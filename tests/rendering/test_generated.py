"""Generated ids parted into trace and answer."""

import copy

import pytest
from tests.rendering.conftest import CHATML
from tests.rendering.single import render_completion

from breakeven.rendering import split_generated
from breakeven.rendering.render import decode

MARKS = ("<think>", "</think>")


def ids_of(tokenizer, text):
    """Token ids as a student generates them: marks and end tokens are real."""
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    ("text", "thinking", "answer", "closed"),
    [
        ("7", "", "7", True),
        ("", "", "", True),
        ("<think>\na\n</think>\n\n7", "<think>\na\n</think>", "\n\n7", True),
        ("<think>\na 7", "<think>\na 7", "", False),
        ("<think>", "<think>", "", False),
        ("7 <think> a", "7 <think> a", "", False),
        ("a</think>7", "a</think>", "7", True),
        ("<think>a</think>7<think>", "<think>a</think>7<think>", "", False),
        ("<think>a</think>b</think>7", "<think>a</think>b</think>", "7", True),
    ],
)
def test_generated_ids_part_after_the_last_closing_mark(tokenizer, text, thinking, answer, closed):
    parts = split_generated(tokenizer, ids_of(tokenizer, text))
    assert (parts.text, parts.closed) == (text, closed)
    assert parts.thinking_ids + parts.answer_ids == ids_of(tokenizer, text)
    # Where marks are text, a token may reach over the end of a mark: compare without the breaks.
    assert decode(tokenizer, parts.thinking_ids).strip() == thinking
    assert decode(tokenizer, parts.answer_ids).strip() == answer.strip()


@pytest.mark.parametrize(("thinking", "answer"), [(None, "7"), ("3 + 4 = 7.", "7")])
def test_what_is_learnt_is_parted_when_it_is_written(tokenizer, thinking, answer):
    ids = render_completion(tokenizer, thinking, answer)
    parts = split_generated(tokenizer, ids)
    assert parts.closed
    assert parts.thinking_ids + parts.answer_ids == ids
    assert decode(tokenizer, parts.answer_ids[:-1]).strip() == answer
    assert parts.answer_ids[-1] == ids[-1]
    assert parts.text == decode(tokenizer, ids[:-1])


@pytest.mark.parametrize("name", ["tabletop", "chatml"])
def test_mark_spelt_in_ordinary_tokens_closes_nothing(tokenizers, name):
    tokenizer = tokenizers[name]
    ids = render_completion(tokenizer, "a </think> b", "7")
    cut = ids[: ids.index(tokenizer.convert_tokens_to_ids("</think>"))]
    assert not split_generated(tokenizer, cut).closed


@pytest.mark.parametrize("name", ["chatml", "thinkless"])
def test_a_trace_that_the_prompt_opened_goes_on_until_its_mark(tokenizers, name):
    tokenizer = copy.deepcopy(tokenizers[name])
    tokenizer.chat_template = CHATML.replace("assistant\n' }}", "assistant\n<think>\n' }}")
    for text, closed, answer in (
        ("I add and add", False, ""),
        ("7", False, ""),
        ("I add.\n</think>\n\n7", True, "7"),
        ("\n</think>\n\n7", True, "7"),
        ("a</think>7<think>b", False, ""),
    ):
        ids = ids_of(tokenizer, text)
        parts = split_generated(tokenizer, ids)
        assert (parts.closed, decode(tokenizer, parts.answer_ids).strip()) == (closed, answer)
        assert parts.thinking_ids + parts.answer_ids == ids
    assert split_generated(tokenizer, ids_of(tokenizer, "7"), opened=False).closed
    assert split_generated(tokenizer, ids_of(tokenizer, " 7\n"), [("1 + 1?", "2")]).closed


def test_plain_answer_ends_at_its_line(tokenizer):
    shots = [("1 + 1?", "2")]
    line_break = ids_of(tokenizer, "\n")
    ids = [*ids_of(tokenizer, " 7"), *line_break]
    parts = split_generated(tokenizer, ids, shots)
    assert parts.text.strip(" ") == "7"
    assert parts.answer_ids == ids
    assert split_generated(tokenizer, ids[:-1], shots).text.strip(" ") == "7"
