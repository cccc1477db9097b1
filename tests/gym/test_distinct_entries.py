"""Entries of reasoning-gym: parted by content, reproducible, and refused with a clear line."""

from typing import Any

import pytest
from tests.hash_seeds import printed_under_two_hash_seeds

from breakeven.core.errors import InputError
from breakeven.core.sides import Partition, partition_of
from breakeven.gym import INSTRUCTION, SOLVED, entries
from breakeven.params import GymSource, GymTask
from breakeven.prompts.source_prompts import load_prompts
from breakeven.tasks.task_items import load_items


def made(
    dataset: str,
    partition: Partition = "train",
    *,
    count: int = 60,
    seed: int = 0,
    config: dict[str, Any] | None = None,
):
    return entries(
        "params.yaml: tasks.t", dataset, config or {}, count=count, seed=seed, partition=partition
    )


@pytest.mark.parametrize("dataset", SOLVED)
def test_train_and_test_share_no_content_whatever_the_seeds(dataset):
    train = {one.content for seed in (0, 1) for one in made(dataset, "train", seed=seed)}
    test = {one.content for seed in (0, 1) for one in made(dataset, "test", seed=seed)}
    assert not train & test
    assert {partition_of(content) for content in test} == {"test"}


def test_another_wording_of_a_problem_is_on_the_same_side():
    raw = {"answer": "3", "question": "Solve for a: 2*a = 6", "metadata": {"equation": "2*a = 6"}}
    other = {"answer": "3", "question": "Find b: 2*b = 6", "metadata": {"equation": "2*b = 6"}}
    content = SOLVED["simple_equations"].content
    assert content(raw) == content(other)
    one, same = ({"metadata": {"numbers": numbers}} for numbers in ([4, 6], [6, 4]))
    assert SOLVED["gcd"].content(one) == SOLVED["gcd"].content(same)


def test_configurations_of_a_data_set_share_one_line_between_train_and_test():
    short = {
        one.content
        for one in made("chain_sum", "test", count=40, config={"max_terms": 2, "max_digits": 1})
    }
    wide = {
        one.content for one in made("chain_sum", "train", config={"min_terms": 2, "max_terms": 3})
    }
    assert not short & wide


def test_contents_are_distinct_and_a_longer_list_starts_with_the_shorter_one():
    long = made("gcd", count=80)
    assert len({one.content for one in long}) == 80
    assert made("gcd", count=20) == long[:20]
    assert made("gcd", count=20, seed=1) != long[:20]


def test_neighbouring_seeds_have_no_entries_in_common():
    # reasoning-gym gives entry i of seed s as entry i - 1 of seed s + 1.
    first, second = ({one.question for one in made("chain_sum", seed=seed)} for seed in (0, 1))
    assert len(first & second) < 3


def test_another_process_with_another_hash_seed_gives_the_same_entries():
    code = (
        "from breakeven.gym import SOLVED, entries\n"
        "print([entries('x', d, {}, count=3, seed=0, partition='test') for d in SOLVED])"
    )
    assert len(printed_under_two_hash_seeds(code)) == 1


def test_stories_of_one_template_are_a_cluster():
    stories = made("gsm_symbolic", count=100)
    clusters = {one.cluster for one in stories}
    assert 20 < len(clusters) < 100
    sums = made("chain_sum")
    assert [one.cluster for one in sums] == [one.content for one in sums]


REFUSALS = [
    ("chain_sums", {}, "dataset: value is 'chain_sums'; reasoning-gym has no such data set; "
     "did you mean 'chain_sum'?"),
    ("word_ladder", {}, "dataset: word_ladder cannot be used: its items differ"),
    ("time_intervals", {}, "its items hold the day on which they are made"),
    ("boxnet", {}, "boxnet cannot be used: it has no reference answers"),
    ("graph_color", {}, "graph_color cannot be used: it has no reference answers"),
    ("propositional_logic", {}, "propositional_logic cannot be used: it has no reference answers"),
    ("rubiks_cube", {}, "rubiks_cube cannot be used: it has no reference answers"),
    ("rush_hour", {}, "rush_hour cannot be used: it has no reference answers"),
    ("game_of_life_halting", {}, "game_of_life_halting cannot be used: its scorer"),
    ("arc_agi", {}, "its scorer does not accept its own reference"),
    ("gcd", {"max_number": 3}, "config.max_number: unknown key; did you mean 'max_numbers'?"),
    ("gcd", {"seed": 3}, "config.seed: not a setting here; use params.yaml: tasks.t.seed"),
    ("gcd", {"size": 3}, "config.size: not a setting here; use params.yaml: tasks.t.prompts"),
    ("gcd", {"min_numbers": 0}, "config: gcd does not take {min_numbers: 0}: min_numbers must be"),
    ("gcd", {"min_value": "few"}, "config: gcd does not take {min_value: 'few'}"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "config", "line"), REFUSALS, ids=lambda v: str(v)[:24])
def test_what_cannot_be_used_is_refused_in_one_line(dataset, config, line):
    with pytest.raises(InputError) as caught:
        made(dataset, count=2, config=config)
    message = str(caught.value)
    assert message.startswith("params.yaml: tasks.t")
    assert line in message
    assert "\n" not in message


def test_a_scorer_that_fails_its_own_reference_is_refused(monkeypatch):
    monkeypatch.setattr("breakeven.gym.distinct_entries.full_marks", lambda *_: False)
    with pytest.raises(InputError, match="the scorer of number_sequence does not accept its own"):
        made("number_sequence", count=2)


def test_more_entries_than_a_configuration_has_are_refused():
    with pytest.raises(InputError, match="no new test entry after"):
        made("chain_sum", "test", count=400, config={"max_terms": 2, "max_digits": 1})


def test_a_data_set_without_worked_solutions_has_none():
    (one, *_) = load_prompts(
        "s", GymSource(kind="reasoning-gym", dataset="number_sequence", prompts=3)
    )
    assert one.solution is None
    assert one.reference is not None
    assert one.grader == "gym"


def test_prompts_and_items_ask_in_the_same_words():
    source = GymSource(kind="reasoning-gym", dataset="gcd", prompts=5, config={"max_value": 50})
    task = GymTask(
        kind="reasoning-gym", dataset="gcd", family="math-open", items=5, config={"max_value": 50}
    )
    prompts, items = load_prompts("s", source), load_items("t", task)
    assert all(one.prompt.endswith(f"\n{INSTRUCTION}") for one in [*prompts, *items])
    assert [prompt.id for prompt in prompts[:2]] == ["s-000000", "s-000001"]
    assert [item.id for item in items[:2]] == ["00000", "00001"]
    assert not {prompt.content for prompt in prompts} & {item.content for item in items}
    assert all(prompt.solution.endswith(f"So {prompt.reference}.") for prompt in prompts)
    assert {item.grader for item in items} == {"math"}
