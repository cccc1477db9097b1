"""Tokens of a sample in a log of Inspect."""

import pytest
from tests.importing.inspect_logs import imported, log, sample, usage, write

from breakeven.importing.inspect_tokens import sample_tokens, usage_tokens


@pytest.mark.parametrize(
    ("given", "prompt", "thinking", "answer"),
    [
        (usage(5915, 207, input_tokens_cache_read=3840, reasoning_tokens=0), 5915, 0, 207),
        ({**usage(20, 100, input_tokens_cache_read=5), "total_tokens": 125}, 25, None, 100),
        ({**usage(20, 100, input_tokens_cache_write=5), "total_tokens": 125}, 25, None, 100),
        (usage(20, 100, input_tokens_cache_read=0, reasoning_tokens=90), 20, 90, 10),
        ({**usage(20, 10, reasoning_tokens=90), "total_tokens": 120}, 20, 90, 10),
        ({"input_tokens": 20, "output_tokens": 300}, 20, None, 300),
        ({"input_tokens": 5, "output_tokens": 3, "input_tokens_cache_read": 20}, 25, None, 3),
    ],
)
def test_the_total_says_whether_cached_and_reasoning_tokens_are_within(
    given, prompt, thinking, answer
):
    found = usage_tokens(given)
    assert found is not None
    assert found[:3] == (prompt, thinking, answer)
    assert found.cached == given.get("input_tokens_cache_read")


@pytest.mark.parametrize(
    "given",
    [
        {**usage(20, 10), "total_tokens": 99},
        {**usage(20, 10, input_tokens_cache_read=5), "total_tokens": 31},
        {"input_tokens": 20, "output_tokens": 3, "input_tokens_cache_read": 5},
        usage(0, 0),
        usage(0, 3),
    ],
)
def test_a_usage_that_contradicts_its_total_gives_no_tokens(given):
    assert usage_tokens(given) is None


def call(
    read: int, new: int, model: str = "m/one", cached: int | None = None, **more: object
) -> dict:
    known = {} if cached is None else {"input_tokens_cache_read": cached}
    return {
        "event": "model",
        "model": model,
        "output": {"usage": usage(read, new, **known)},
        **more,
    }


@pytest.mark.parametrize(
    ("events", "prompt", "new"),
    [
        ([call(100, 5)], 100, 5),
        ([call(100, 5), call(130, 7), call(400, 9)], 400, 21),  # one conversation
        ([call(100, 5), call(100, 7), call(100, 9)], 300, 21),  # three tries at one prompt
        ([call(100, 5), call(130, 7), call(50, 9)], 180, 21),  # a conversation, then another
        ([call(100, 5), call(900, 3, role="grader")], 100, 5),
        ([call(100, 5), call(900, 3, model="m/judge")], 100, 5),
        ([call(100, 5), {"event": "span_begin", "type": "scorers"}, call(900, 3)], 100, 5),
        ([call(100, 5), {"event": "step", "type": "scorer"}, call(900, 3)], 100, 5),
    ],
)
def test_every_call_of_the_model_counts_and_no_text_twice(events, prompt, new):
    found = sample_tokens("w", {"events": events, "output": {"usage": usage(1, 1)}}, "m/one")
    assert (found.prompt_tokens, found.answer_tokens) == (prompt, new)


@pytest.mark.parametrize(
    ("events", "cached"),
    [
        ([call(100, 5)], None),
        ([call(100, 5, cached=0)], 0),
        ([call(100, 5, cached=64)], 64),
        ([call(100, 5, cached=64), call(130, 7, cached=100)], None),  # their text counts once
    ],
)
def test_what_one_call_read_from_a_cache_is_known(events, cached):
    assert sample_tokens("w", {"events": events}, "m/one").cached_prompt_tokens == cached
    if len(events) == 1:
        alone = {"output": events[0]["output"]}
        assert sample_tokens("w", alone, "m/one").cached_prompt_tokens == cached


def test_cached_tokens_of_a_log_are_a_mean_of_its_cell(tmp_path):
    def answered(number, cached):
        own = usage(20, 2, input_tokens_cache_read=cached)
        output = {"choices": [{"stop_reason": "stop"}], "usage": own}
        return sample(number, output=output, model_usage={"m/one": own})

    write(tmp_path / "logs", log(answered(1, 0), answered(2, 16)))
    (cell,) = imported(tmp_path).cells
    assert (cell.prompt_tokens, cell.cached_prompt_tokens) == (20, 8)


@pytest.mark.parametrize(
    ("changes", "prompt", "new"),
    [
        ({"model_usage": {"m/one": usage(720, 503)}}, 620, 503),
        ({"model_usage": {"m/one": usage(620, 3), "m/judge": usage(9, 9)}}, 620, 3),
        (
            {
                "model_usage": {"m/one": usage(620, 3), "m/judge": usage(9, 9)},
                "role_usage": {"grader": usage(9, 9)},
            },
            620,
            3,
        ),
        (
            {
                "model_usage": {"m/one": usage(640, 9)},
                "role_usage": {"grader": usage(20, 6)},
            },
            None,
            None,
        ),
        ({"model_usage": {"m/two": usage(1, 1), "m/judge": usage(9, 9)}}, None, None),
        ({"model_usage": {}}, 620, 3),
    ],
)
def test_without_events_the_models_own_sums_count(changes, prompt, new):
    found = sample_tokens("w", {"output": {"usage": usage(620, 3)}, **changes}, "m/one")
    assert (found.prompt_tokens, found.answer_tokens) == (prompt, new)
    assert (found.note is None) == (prompt is not None and new == 3)


def test_a_model_that_generated_nothing_has_no_costs(tmp_path):
    silent = {"output": {"choices": [{}], "usage": usage(20, 0)}, "model_usage": {}}
    write(tmp_path / "logs", log(sample(1, **silent), sample(2, **silent)))
    found = imported(tmp_path)
    assert (found.cells[0].prompt_tokens, found.cells[0].inference_flops) == (None, None)
    assert "s, arm ift: tokens absent, its logs count none that were generated" in found.notes
    write(tmp_path / "logs", log(sample(1, **silent), sample(2)))
    assert imported(tmp_path).cells[0].answer_tokens == 1
