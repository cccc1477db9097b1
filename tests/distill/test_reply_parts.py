"""Where a reply's trace ends, and how many tokens it has."""

import dataclasses

import pytest

from breakeven.core.errors import InputError
from breakeven.distill.journal import Reply
from breakeven.distill.reply_parts import completion_from_reply, split_reply
from breakeven.distill.trace_check import FIRST_REPLIES, TraceCheck
from breakeven.params import TeacherStyle

REPLY = Reply(
    prompt="d", content="", reasoning=None, stop="stop", prompt_tokens=4, completion_tokens=10
)


def reply(content, **changes):
    return dataclasses.replace(REPLY, content=content, **changes)


TEXTS = [
    # content, opened, (thinking, answer, closed)
    ("<think>\na b\n</think>\n\nc", False, ("a b", "c", True)),
    ("\n<think>a</think> c\n", False, ("a", "c", True)),
    ("a\n</think>\n\nc", True, ("a", "c", True)),  # the template opened the trace
    ("a\n</think>\n\nc", False, ("a", "c", True)),  # and nobody said so
    ("<think>a</think>c", True, ("a", "c", True)),  # the template opened it, so did the teacher
    ("<think>\n\n</think>\n\nc", False, ("", "c", True)),
    ("c", False, ("", "c", True)),
    ("", False, ("", "", True)),
    ("a", True, ("a", "", False)),
    ("<think>a", False, ("a", "", False)),
    ("<think>a</think>c <think>d", False, ("a</think>c <think>d", "", False)),
    ("<think>a</think>b<think>c</think>d", False, ("a</think>b<think>c", "d", True)),
    ("Well. <think>a</think>c", False, ("Well. <think>a", "c", True)),
]


@pytest.mark.parametrize(("content", "opened", "parts"), TEXTS)
def test_the_last_closing_mark_parts_trace_and_answer(content, opened, parts):
    assert split_reply(reply(content, opened=opened)) == parts


@pytest.mark.parametrize(
    ("content", "stop", "parts"),
    [("\n\nc", "stop", ("a", "c", True)), ("", "length", ("a", "", False))],
)
def test_the_servers_field_is_the_trace_where_it_is_filled(content, stop, parts):
    assert split_reply(reply(content, reasoning="\na\n", stop=stop)) == parts


def words(text):
    return len(text.replace("</think>", " </think>").split())


COUNTS = [
    # reply, tokenizer, (thinking, answer), basis
    (reply("c"), None, (0, 10), "whole"),
    (reply("<think>a"), None, (10, 0), "whole"),
    (reply("<think>a</think>c", thinking_tokens=7), None, (7, 3), "engine"),
    (reply("<think>a</think>c", thinking_tokens=0), None, (None, None), "unknown"),
    (reply("c", thinking_tokens=7), None, (7, 3), "engine"),  # a trace that is not shown
    (reply("c", thinking_tokens=0), None, (0, 10), "engine"),
    (reply("a b", stop="length"), None, (None, None), "unknown"),  # a trace, or an answer
    (reply("<think> a b </think> c"), words, (4, 6), "tokenizer"),
    (reply("c", reasoning="a b"), words, (3, 7), "tokenizer"),
    (reply("<think>a</think>c"), None, (None, None), "unknown"),
    (reply("c", completion_tokens=None), words, (None, None), "unknown"),
]


@pytest.mark.parametrize(("one", "count", "tokens", "basis"), COUNTS)
def test_tokens_of_the_trace_are_counted_or_absent(one, count, tokens, basis):
    completion, found = completion_from_reply("p", "reasoning", one, count)
    assert (completion.thinking_tokens, completion.answer_tokens) == tokens
    assert found == basis
    assert completion.new_tokens == one.completion_tokens


def checked(trace, replies):
    style = TeacherStyle(trace=trace, max_new_tokens=9)
    trace_check = TraceCheck(style, "params.yaml: teacher.styles.reasoning")
    for one in replies:
        trace_check.check(one)


TRACED, PLAIN = reply("<think>a</think>c"), reply("c")


@pytest.mark.parametrize(
    ("trace", "replies", "words"),
    [
        ("think-tags", [reply("c", reasoning="a")], "use reasoning-content"),
        ("reasoning-content", [TRACED], "use think-tags"),
        ("think-tags", [PLAIN] * FIRST_REPLIES, "switch thinking on"),
        ("none", [TRACED] * FIRST_REPLIES, "switch thinking off"),
    ],
)
def test_traces_in_another_place_are_told_after_a_few_replies(trace, replies, words):
    checked(trace, replies[:-1])
    with pytest.raises(InputError, match=words) as caught:
        checked(trace, replies)
    assert str(caught.value).startswith("params.yaml: teacher.styles.reasoning.trace: value is")


def test_a_reply_that_is_no_trace_among_others_is_no_reason_to_stop():
    checked("think-tags", [PLAIN] * (FIRST_REPLIES - 1) + [TRACED] + [PLAIN] * FIRST_REPLIES)
    checked("none", [TRACED] * (FIRST_REPLIES - 1) + [PLAIN] + [TRACED] * FIRST_REPLIES)
    checked("think-tags", [reply("a", stop="length")] * 2 * FIRST_REPLIES)
