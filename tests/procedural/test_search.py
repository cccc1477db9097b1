"""The search: one way leads there, a straight trace goes along it, an exploring one finds it."""

import functools
import re
from collections import Counter

import pytest
from pydantic import ValidationError

from breakeven.base.plain_text import TextMix, documents
from breakeven.base.tokenizer import build_tokenizer
from breakeven.params.sources import ProceduralSource
from breakeven.procedural import ALL_KINDS, KINDS, generate, prompt, reference, trace
from breakeven.procedural.vocabulary import CATEGORY_OF
from breakeven.prompts.source_prompts import load_prompts


@functools.cache
def problems():
    return generate("search", count=400, seed=11, partition="train")


def facts_of(problem):
    """Whom each person likes, and what each picks."""
    likes: dict[str, list[str]] = {}
    for person, other in re.findall(r"(\w+) likes (\w+)\.", problem.question):
        likes.setdefault(person, []).append(other)
    return likes, dict(re.findall(r"(\w+) picks (\w+)\.", problem.question))


def asked(problem):
    found = re.search(r"Which (\w+) is (\d) steps from (\w+)\?", problem.question)
    return found[1], int(found[2]), found[3]


def ends(likes, start, hops):
    """Whoever is some hops away."""
    people = [start]
    for _ in range(hops):
        people = [other for person in people for other in likes.get(person, [])]
    return people


def test_one_end_of_three_ways_picks_what_is_asked_for_and_it_is_the_answer():
    for problem in problems():
        likes, picks = facts_of(problem)
        wanted, steps, start = asked(problem)
        reached = [picks[person] for person in ends(likes, start, steps - 1)]
        assert len(reached) == 3
        assert [thing for thing in reached if CATEGORY_OF[thing] == wanted] == [problem.answer]
        assert problem.depth == steps


def test_all_choices_are_picked_by_somebody_so_that_only_a_way_tells():
    for problem in problems():
        _, picks = facts_of(problem)
        wanted, _, _ = asked(problem)
        alike = [thing for thing in picks.values() if CATEGORY_OF[thing] == wanted]
        assert sorted(problem.choices) == sorted(alike)
        assert len(problem.choices) == 4  # so that a guess is right in one of four, open too


def test_neither_the_place_of_a_fact_nor_that_of_a_person_gives_the_answer_away():
    places: Counter[int] = Counter()
    for problem in problems():
        things = re.findall(r"picks (\w+)\.", problem.question)
        alike = [thing for thing in things if thing in problem.choices]
        places[alike.index(problem.answer)] += 1
    # Binomial(400, 1/4) has a standard deviation of 8.7: four of them.
    assert all(abs(places[place] - 100) < 35 for place in range(4))


def test_the_straight_trace_goes_along_the_way_fact_by_fact():
    for problem in problems():
        likes, picks = facts_of(problem)
        _, steps, person = asked(problem)
        *hops, pick, conclusion = problem.steps.removesuffix(".").split(". ")
        assert len(hops) == steps - 1
        for hop in hops:
            one, other = re.fullmatch(r"(\w+) likes (\w+)", hop).groups()
            assert one == person
            assert other in likes[one]
            person = other
        assert pick == f"{person} picks {picks[person]}"
        assert conclusion == f"So {picks[person]}"
        assert picks[person] == problem.answer


def test_the_exploring_trace_tries_ways_in_the_order_told_and_turns_back_at_wrong_ends():
    failures: Counter[int] = Counter()
    for problem in problems():
        likes, picks = facts_of(problem)
        wanted, steps, start = asked(problem)
        *wrong, right = problem.explored.split(f", unlike {wanted}. Go from {start}. ")
        assert right == problem.steps
        firsts = []
        for tried in (*wrong, right.rpartition(". So ")[0]):
            hops = re.findall(r"(\w+) likes (\w+)", tried)
            assert len(hops) == steps - 1
            assert all(other in likes[one] for one, other in hops)
            end, thing = re.search(r"(\w+) picks (\w+)$", tried).groups()
            assert picks[end] == thing
            assert (CATEGORY_OF[thing] == wanted) == (thing == problem.answer)
            firsts.append(hops[0][1])
        assert firsts == likes[start][: len(firsts)]
        failures[len(wrong)] += 1
    # The way asked for is the first, second or third that the facts name: a third each, ± 4 sd.
    assert set(failures) == {0, 1, 2}
    assert all(abs(count - 400 / 3) < 38 for count in failures.values())


@pytest.mark.parametrize("form", ["open", "choice"])
def test_both_traces_end_with_the_same_answer_in_both_formats(form):
    for problem in problems():
        straight, explored = trace(problem, form), trace(problem, form, explores=True)
        assert explored.endswith(straight)
        letter = f" ({reference(problem, form)})" if form == "choice" else ""
        assert straight.endswith(f"So {problem.answer}{letter}.")


def test_the_option_changes_the_trace_and_nothing_else():
    source = {"kind": "procedural", "problem": "search", "prompts": 40}
    straight = load_prompts("s", ProceduralSource.model_validate(source))
    options = {**source, "completions": {"search": "explore"}}
    explored = load_prompts("s", ProceduralSource.model_validate(options))
    for one, other in zip(straight, explored, strict=True):
        assert other.solution.endswith(one.solution)
        assert vars(other) == {**vars(one), "solution": other.solution}
    assert any(
        one.solution != other.solution for one, other in zip(straight, explored, strict=True)
    )


@pytest.mark.parametrize(
    ("problem", "completions", "message"),
    [
        ("hops", {"search": "explore"}, "value is 'explore', and 'hops' takes no search"),
        ("search", {"search": "explore", "checks": 1}, "is not checked anew; remove checks"),
    ],
)
def test_what_explores_nothing_is_refused(problem, completions, message):
    row = {"kind": "procedural", "problem": problem, "prompts": 4, "completions": completions}
    with pytest.raises(ValidationError, match=message):
        ProceduralSource.model_validate(row)


def test_bases_and_their_tokenizer_know_the_six_kinds_and_no_search():
    assert KINDS == ("chain", "addition", "most-digit", "hops", "lookup", "odd-one-out")
    assert set(ALL_KINDS) - set(KINDS) == {"search"}
    texts = documents(TextMix(), seed=3, shard=0, count=3000)
    assert not any("unlike metal" in text or "unlike colour" in text for text in texts)


def test_every_word_of_a_search_is_a_token_of_the_bases():
    tokenizer = build_tokenizer()
    letters = set("abcdefghijklmnopqrstuvwxyz")
    for problem in problems():
        for text in (prompt(problem, "choice"), problem.explored):
            assert not letters & set(tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"]))
