"""Any text and any value in: read as what they are, or refused in a line; never anything else."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.params.valid import VALID

from breakeven.core.errors import InputError
from breakeven.core.files import read_rows, write_rows
from breakeven.distill.journal import Journal, Reply, prompt_digest
from breakeven.grading.boxes import final_text, last_box
from breakeven.params import load_params
from breakeven.params.reading import parse_yaml
from breakeven.rows.answer import Answer
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import split_trace, with_trace
from breakeven.serving.chat_replies import ChatReply, UnreadableReplyError, read_chat
from breakeven.serving.token_replies import TokenReply, read_tokens

# The same cases in every run: a test that fails by chance tells nobody what to mend.
SETTINGS = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MARKS = ("<think>", "</think>", "\\boxed{", "{", "}", "\n", " ", "7", "\u2028", "\x00", "\r")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))  # no halves of characters
MARKED = st.lists(st.sampled_from(MARKS) | TEXT, max_size=8).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def places(tree, before=()):
    """Every way to a value of a tree."""
    yield before
    children = tree.items() if isinstance(tree, dict) else ()
    for key, value in children:
        yield from places(value, (*before, key))


def put(tree, place, value):
    if not place:
        return value
    tree = deepcopy(tree)
    inner = tree
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return tree


def is_a_line_a_mistake(message, path):
    return all(line.startswith(f"{path}") for line in message.split("\n"))


@SETTINGS
@given(st.sampled_from(list(places(VALID))), VALUES)
def test_params_with_any_value_anywhere_are_accepted_or_refused_in_lines(
    tmp_path_factory, place, value
):
    path = tmp_path_factory.mktemp("p") / "params.yaml"
    path.write_text(json.dumps(put(VALID, place, value)))
    try:
        load_params(path)
    except InputError as error:
        assert is_a_line_a_mistake(str(error), path)


@SETTINGS
@given(st.text() | st.lists(st.sampled_from("-:{}[]&*!|>'\"#%@,? \n\ta1é")).map("".join))
def test_any_text_is_yaml_or_refused_in_a_line(text):
    try:
        parse_yaml(text, "f.yaml")
    except InputError as error:
        assert str(error).startswith("f.yaml: ")
        assert "\n" not in str(error)


@SETTINGS
@given(st.lists(TEXT, min_size=1, max_size=4, unique=True))
def test_texts_come_back_from_jsonl_as_they_were(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("j") / "rows.jsonl"
    rows = [
        Prompt(f"p{n}", "s", text, text, reference=text, meta={"of": text})
        for n, text in enumerate(texts)
    ]
    write_rows(path, rows)
    assert read_rows(path, Prompt) == rows


@SETTINGS
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_rows_or_refused_in_a_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("j") / "rows.jsonl"
    path.write_bytes(content)
    try:
        read_rows(path, Prompt)
    except InputError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)


@SETTINGS
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4, unique_by=lambda one: one[0]))
def test_replies_come_back_from_the_journal_as_they_were(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("w")
    prompts = [Prompt(f"p{n}", "s", text, text) for n, (text, _) in enumerate(texts)]
    replies = [
        Reply(prompt_digest(prompt), text, text, "stop", 1, 2)
        for prompt, (_, text) in zip(prompts, texts, strict=True)
    ]
    with Journal(folder, "s") as journal:
        for reply in replies:
            journal.keep(reply)
    with Journal(folder, "s") as journal:
        assert [reply for _, reply in journal.replies(prompts)] == replies


@SETTINGS
@given(MARKED, st.booleans())
def test_trace_and_answer_are_the_text(text, opened):
    parts = split_trace(text, opened=opened)
    assert parts.thinking + parts.answer == text
    assert parts.closed or not parts.answer


@SETTINGS
@given(TEXT, TEXT)
def test_a_trace_without_marks_comes_back_from_its_text(thinking, answer):
    if "think>" not in thinking + answer:
        parts = split_trace(with_trace(thinking, answer))
        assert parts.answer == f"\n\n{answer}"
        assert thinking in parts.thinking


@SETTINGS
@given(MARKED)
def test_what_is_extracted_stands_in_the_text(text):
    box = last_box(text)
    assert box is None or (box and box in text)
    assert isinstance(final_text(text), str)


REPLY = {
    "choices": [
        {
            "message": {"content": "7", "reasoning": None},
            "finish_reason": "stop",
            "token_ids": [1, 2],
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
IN_REPLY = [
    *places(REPLY),
    *(("choices", 0, *place) for place in places(REPLY["choices"][0])),
]


@pytest.mark.parametrize(("read", "kind"), [(read_chat, ChatReply), (read_tokens, TokenReply)])
@SETTINGS
@given(place=st.sampled_from(IN_REPLY), value=VALUES)
def test_any_reply_is_read_or_refused(read, kind, place, value):
    body = put(REPLY, place, value)
    if not isinstance(body, dict):
        return  # refused before (test_endpoint_replies)
    try:
        assert isinstance(read(body), kind)
    except UnreadableReplyError as error:
        assert str(error)


def test_the_valid_values_are_valid(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(json.dumps(VALID))
    load_params(tmp_path / "p.yaml")
    assert read_chat(REPLY).content == "7"
    assert read_tokens(REPLY).ids == (1, 2)


@SETTINGS
@given(MARKED, st.integers(-999, 999))
def test_a_last_box_is_extracted_whatever_stands_before_it(text, value):
    assert last_box(f"{text} \\boxed{{{value}}}") == str(value)


@SETTINGS
@given(TEXT, MARKED.filter(lambda text: "think>" not in text))
def test_what_is_graded_of_an_answer_does_not_depend_on_its_trace(thinking, answer):
    if "think>" not in thinking:
        texts = [with_trace(one, answer) for one in (thinking, "x \\boxed{7}")]
        graded = [
            final_text(Answer("i", 0, text, "stop", 1, 1, 1, closed=True).without_trace)
            for text in texts
        ]
        assert graded[0] == graded[1] == final_text(answer)
