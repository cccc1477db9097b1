"""The text bases are trained on: never a question, never a content of the test partition."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from breakeven.base.plain_text import SORTS, TextMix, documents
from breakeven.base.tabletop import MID_TRAINING_MIX
from breakeven.core.sides import partition_of, side_of
from breakeven.procedural import KINDS, generate

COUNT = 20_000


@pytest.fixture(scope="module", params=[TextMix(), MID_TRAINING_MIX], ids=["short", "mid"])
def texts(request):
    return documents(replace(request.param, copies=0), seed=0, shard=3, count=COUNT)


def test_a_shard_is_the_same_again_and_unlike_another():
    first = documents(TextMix(), seed=0, shard=0, count=50)
    assert documents(TextMix(), seed=0, shard=0, count=50) == first
    assert documents(TextMix(), seed=0, shard=1, count=50) != first
    assert documents(TextMix(), seed=1, shard=0, count=50) != first


def test_no_document_asks_anything(texts):
    questions = {
        re.sub(r"\d", "", word)
        for kind in KINDS
        for problem in generate(kind, count=50, seed=0, partition="train")
        for word in re.findall(r"\b(?:Who|What|what|Which|From left)\b|\?", problem.question)
    }
    assert {"?", "what", "What", "Which", "Who"} <= questions
    pattern = re.compile("|".join(map(re.escape, [*questions, "Question", "Answer"])))
    assert not [text for text in texts if pattern.search(text)]


def test_no_document_holds_a_statement_of_the_test_partition(texts):
    test_statements = {
        problem.statement
        for kind in KINDS
        for problem in generate(kind, count=600, seed=0, partition="test")
    }
    told = {re.split(r":\s|\. Result ", text)[0] for text in texts}
    assert len(told) > COUNT / 3
    assert not told & test_statements


@pytest.mark.parametrize("opening", ["chain", "addition", "odd-one-out"])
def test_contents_rebuilt_from_the_text_are_all_on_the_train_side(texts, opening):
    rebuilt = [content for text in texts if (content := _content(text, opening))]
    assert len(rebuilt) > 500
    assert {partition_of(content) for content in rebuilt} == {"train"}


def _content(text: str, kind: str) -> str | None:
    told = re.split(r":\s|\. Result |\nA\) ", text)
    if len(told) < 2:
        return None
    if kind == "chain" and re.fullmatch(r"\d( [-+*] \d){2,}", told[0]):
        return f"chain {told[0]}"
    if kind == "addition" and (pair := re.fullmatch(r"(\d+) plus (\d+)", told[0])):
        low, high = sorted(map(int, pair.groups()))
        return f"addition {low} {high}"
    if kind == "odd-one-out" and (words := re.fullmatch(r"The words ([\w, ]+)", told[0])):
        return f"odd-one-out {' '.join(sorted(words[1].split(', ')))}"
    return None


def test_lettered_lists_name_the_letter_at_which_a_thing_stands(texts):
    lists = [text for text in texts if text.startswith("A) ")]
    assert len(lists) > 1000
    for text in lists[:500]:
        items = dict(re.findall(r"^([A-D])\) (.+)$", text, re.MULTILINE))
        for item, letter in re.findall(r"^So (.+)\. That is ([A-D])\.$", text, re.MULTILINE):
            assert items[letter] == item


def test_single_step_facts_are_true(texts):
    found = 0
    for text in texts:
        if re.fullmatch(r"(\d [-+*] \d = \d\.[ \n]?)+", text):
            for left, operator, right, result in re.findall(r"(\d) ([-+*]) (\d) = (\d)", text):
                value = {"+": int(left) + int(right), "-": int(left) - int(right)}.get(
                    operator, int(left) * int(right)
                )
                assert value % 10 == int(result)
                found += 1
    assert found > 500


def test_no_long_note_is_of_the_side_that_rates_are_chosen_on():
    mix = TextMix(*[0.0] * 5, worked=1.0, checked=1.0)
    long = documents(mix, seed=0, shard=0, count=3000)
    contents = [content for text in long if (content := _content(text, "chain"))]
    assert len(contents) > 300
    assert {side_of(content) for content in contents} == {"train"}


def test_checked_notes_end_with_the_answer_that_their_list_or_steps_hold():
    mix = TextMix(*[0.0] * 5, worked=0.0, checked=1.0)
    for text in documents(mix, seed=0, shard=0, count=300):
        final = re.search(r"So ([^.\n]+)\.$", text)
        assert final, text
        assert f"So {final[1]} is right." in text


def test_shares_follow_the_mix_and_a_share_of_none_is_left_out():
    only = TextMix(facts=0, notes=0, results=0, lists=1, copies=1)
    starts = Counter(
        text.startswith("A) ") for text in documents(only, seed=0, shard=0, count=2000)
    )
    assert 900 < starts[True] < 1100
    assert set(SORTS) == set(TextMix().as_dict())
