"""What a record says of the teacher's time: all of it, or that a part is not known."""

from dataclasses import replace

import pytest

from breakeven.costs.devices import Device
from breakeven.distill.journal import Reply
from breakeven.distill.model_completions import SentPrompts
from breakeven.distill.model_teacher import ModelTeacher
from breakeven.distill.teacher_costs import TeacherCosts

REPLY = Reply("a", "5", None, "stop", prompt_tokens=4, completion_tokens=2, device_seconds=1.5)
TEACHER = ModelTeacher(
    {}, lambda *_: None, None, "its shape is not known", Device("a GPU", "cuda"), devices=2
)


@pytest.mark.parametrize(
    ("seconds", "seconds_by_device"), [((1.5, 0.0), {"cuda": 3.0}), ((0.0, 0.0), {"cuda": 0.0})]
)
def test_device_seconds_are_those_of_every_reply(
    seconds: tuple[float, ...], seconds_by_device: dict[str, float]
) -> None:
    assert fields_of(seconds)["device_seconds"] == seconds_by_device


def test_a_reply_without_device_seconds_leaves_the_sum_unknown() -> None:
    fields = fields_of((1.5, None))
    assert "device_seconds" not in fields
    assert fields["absent"]["device_seconds"].startswith("1 of 2 completions")
    assert fields["absent"]["gpu_hours"] == fields["absent"]["device_seconds"]


def fields_of(seconds: tuple[float | None, ...]) -> dict:
    costs = TeacherCosts(TEACHER)
    replies = [
        (str(number), replace(REPLY, prompt=str(number), device_seconds=one))
        for number, one in enumerate(seconds)
    ]
    assert len(list(costs.completions("ift", replies))) == len(seconds)
    return costs.fields(SentPrompts(0, None))


SERVED = TEACHER._replace(device=None)


@pytest.mark.parametrize(("cached", "known"), [((0, 0), 0), ((3, 0), 3), ((3, None), None)])
def test_cached_tokens_are_those_of_every_paid_reply_or_not_known(
    cached: tuple[int | None, ...], known: int | None
) -> None:
    costs = TeacherCosts(SERVED)
    replies = [
        (str(number), replace(REPLY, prompt=str(number), cached_tokens=one))
        for number, one in enumerate(cached)
    ]
    again = ("again", replies[0][1])  # the same prompt, which was paid once
    assert len(list(costs.completions("ift", [*replies, again]))) == 3
    fields = costs.fields(SentPrompts(0, None))
    assert fields["tokens"]["cached"] == known
    told = fields["absent"].get("tokens.cached")
    assert (told is None) == (known is not None)
    assert told is None or told.startswith("the server did not say of 1 of 2 completions")


def test_a_teacher_on_its_own_device_has_no_cache_that_is_billed() -> None:
    fields = fields_of((1.5,))
    assert "cached" not in fields["tokens"]
    assert "tokens.cached" not in fields["absent"]
