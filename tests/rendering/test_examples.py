"""What a student learns to write: labels, traces, think marks, end tokens."""

import pytest
from tests.rendering.single import render_completion, render_example

from breakeven.core.errors import InputError
from breakeven.rendering import Lesson, render_examples, render_prompt
from breakeven.rendering.render import NO_LABEL, decode
from breakeven.rows.traces import with_trace

ENDS = {
    "tabletop": "<|im_end|>",
    "chatml": "<|im_end|>",
    "thinkless": "<|im_end|>",
    "turns": "<end_of_turn>",
}
COMPLETIONS = [
    (None, "7"),
    ("3 + 4 = 7.", "7"),
    ("two\nlines\n\nand <|im_end|> as text", "seven"),
    ("</think> spelt, <think> spelt", "<end_of_turn> is text"),
    ("", "x"),
]


def learnt(tokenizer, example):
    return decode(tokenizer, [label for label in example.labels if label != NO_LABEL])


@pytest.mark.parametrize(("thinking", "answer"), COMPLETIONS)
@pytest.mark.parametrize("name", ENDS)
def test_labels_decode_to_completion_and_end_token(tokenizers, name, thinking, answer):
    tokenizer = tokenizers[name]
    example = render_example(tokenizer, "What is 3 + 4?", thinking, answer)
    text = answer if thinking is None else with_trace(thinking, answer)
    assert learnt(tokenizer, example) == text + ENDS[name]


@pytest.mark.parametrize(("thinking", "answer"), COMPLETIONS)
def test_nothing_of_the_prompt_is_in_the_loss(tokenizer, thinking, answer):
    prompt = render_prompt(tokenizer, "What is 3 + 4?")
    example = render_example(tokenizer, "What is 3 + 4?", thinking, answer)
    assert len(example.labels) == len(example.input_ids)
    assert example.labels[: len(prompt)] == (NO_LABEL,) * len(prompt)
    assert NO_LABEL not in example.labels[len(prompt) :]


@pytest.mark.parametrize(("thinking", "answer"), COMPLETIONS)
def test_training_reads_the_prompt_that_answering_reads(tokenizer, thinking, answer):
    for prompt in ("What is 3 + 4?", " <|im_end|> "):
        example = render_example(tokenizer, prompt, thinking, answer)
        assert list(example.input_ids[: example.labels_start]) == render_prompt(tokenizer, prompt)


def test_trace_survives_a_template_that_removes_traces(tokenizers):
    tokenizer = tokenizers["chatml"]
    reply = {"role": "assistant", "content": with_trace("3 + 4 = 7.", "7")}
    asked = {"role": "user", "content": "a"}
    assert "3 + 4" not in tokenizer.apply_chat_template([asked, reply], tokenize=False)
    example = render_example(tokenizer, "a", "3 + 4 = 7.", "7")
    assert learnt(tokenizer, example) == "<think>\n3 + 4 = 7.\n</think>\n\n7<|im_end|>"


@pytest.mark.parametrize("name", ["tabletop", "chatml"])
def test_think_marks_are_tokens_and_marks_in_the_trace_are_not(tokenizers, name):
    tokenizer = tokenizers[name]
    opened, closed = tokenizer.convert_tokens_to_ids(["<think>", "</think>"])
    ids = render_completion(tokenizer, "a </think> <think> b", "c </think>")
    assert ids[0] == opened
    assert (ids.count(opened), ids.count(closed)) == (1, 1)


def test_think_marks_are_text_where_the_tokenizer_has_no_such_tokens(tokenizers):
    tokenizer = tokenizers["thinkless"]
    ids = render_completion(tokenizer, "a", "b")
    text = with_trace("a", "b")
    assert ids[:-1] == tokenizer(text, add_special_tokens=False)["input_ids"]


def test_text_that_the_tokenizer_cannot_write_is_refused(tokenizers):
    with pytest.raises(InputError, match=r"'a': its completion holds 'é' \(character 4\)"):
        render_example(tokenizers["tabletop"], "a", None, "caf\u00e9")


def test_accent_that_the_tokenizer_composes_is_the_same_text(tokenizers):
    example = render_example(tokenizers["chatml"], "a", None, "cafe\u0301")
    assert learnt(tokenizers["chatml"], example) == "caf\u00e9<|im_end|>"


def test_many_examples_at_once_are_the_same_as_one_by_one(tokenizer):
    lessons = [
        Lesson(prompt, thinking, answer)
        for prompt in ("a", "<think>", "")
        for thinking, answer in COMPLETIONS
    ]
    together = render_examples(tokenizer, lessons)
    assert together == [render_example(tokenizer, *lesson) for lesson in lessons]
    assert render_examples(tokenizer, []) == []
