"""What controls learn in place of a trace: one thing is taken away, all else is as it was."""

from dataclasses import replace

import pytest
from tests.rendering.shapes import SHAPES
from tests.train.tiny import worked_pairs

from breakeven.core.errors import InputError
from breakeven.rendering.encoding import encode_texts
from breakeven.rendering.render import decode
from breakeven.rows.pair import Pair
from breakeven.rows.traces import split_reasoning, with_trace
from breakeven.train.corpus_examples import CorpusExamples, render_pairs
from breakeven.train.trace_forms import wrong_traces
from breakeven.train.trace_steps import steps_of

CHANGES = ["answer-only", "shuffled", "filler", "truncated-50", "wrong-trace", "compressed"]
WRITTEN = [name for name, shape in SHAPES.items() if not shape.refused]


def rendered(tokenizer, form, pairs=None, **options) -> CorpusExamples:
    pairs = worked_pairs() if pairs is None else pairs
    return render_pairs(tokenizer, pairs, corpus="general", max_length=512, traces=form, **options)


def completions(tokenizer, examples) -> list[str]:
    return [decode(tokenizer, one.input_ids[one.labels_start :]) for one in examples]


def traces_and_answers(tokenizer, form, pairs=None) -> list[tuple[str, str]]:
    texts = completions(tokenizer, rendered(tokenizer, form, pairs).reasoning)
    return [split_reasoning(text.removesuffix("<|im_end|>")) for text in texts]


@pytest.mark.parametrize("form", CHANGES)
def test_prompts_plain_answers_and_pairs_are_those_of_every_other_arm(tokenizer, form):
    written, changed = rendered(tokenizer, "as-written"), rendered(tokenizer, form)
    assert changed.ids == written.ids
    assert list(changed.ift) == list(written.ift)
    assert not changed.unchanged
    for one, other in zip(written.reasoning, changed.reasoning, strict=True):
        assert one.input_ids[: one.labels_start] == other.input_ids[: other.labels_start]
        assert one != other
    assert list(rendered(tokenizer, form).reasoning) == list(changed.reasoning)


@pytest.mark.parametrize("form", [form for form in CHANGES if form != "answer-only"])
def test_the_answer_behind_a_changed_trace_is_the_teachers(tokenizer, form):
    answers = [answer for _, answer in traces_and_answers(tokenizer, form)]
    assert answers == [split_reasoning(pair.reasoning)[1] for pair in worked_pairs()]


def test_the_answer_alone_is_learnt_as_a_plain_one(tokenizer):
    pairs = [
        replace(pair, reasoning=pair.reasoning + " it is", ift="another") for pair in worked_pairs()
    ]
    texts = completions(tokenizer, rendered(tokenizer, "answer-only", pairs).reasoning)
    assert texts == [f"{split_reasoning(pair.reasoning)[1]}<|im_end|>" for pair in pairs]


def test_shuffled_traces_have_the_same_steps(tokenizer):
    for pair, (trace, _) in zip(
        worked_pairs(), traces_and_answers(tokenizer, "shuffled"), strict=True
    ):
        steps = steps_of(split_reasoning(pair.reasoning)[0]).steps
        assert sorted(trace.split()) == sorted(" ".join(steps).split())
        assert all(step in trace for step in steps)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_filler_has_exactly_the_tokens_of_its_trace_and_no_content(name):
    tokenizer = SHAPES[name].loaded
    written, filled = rendered(tokenizer, "as-written"), rendered(tokenizer, "filler")
    for one, other in zip(written.reasoning, filled.reasoning, strict=True):
        assert len(one.input_ids) == len(other.input_ids)
        assert one.labels_start == other.labels_start
    for text, pair in zip(completions(tokenizer, filled.reasoning), worked_pairs(), strict=True):
        trace = text.partition("</think>")[0].replace("<think>", "")
        assert not set(trace) - set(" \n.-*")
        assert split_reasoning(pair.reasoning)[1] in text.partition("</think>")[2]


def test_a_tokenizer_that_joins_every_mark_has_no_filler(tokenizer):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"<unk>": 0, "<|im_end|>": 1, "word": 2}
    core = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split("word", "isolated")
    joins = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>")
    joins.chat_template = tokenizer.chat_template
    with pytest.raises(InputError, match="no filler has the length of a trace"):
        rendered(joins, "filler")


@pytest.mark.parametrize("name", ["tabletop", *WRITTEN])
def test_half_a_trace_is_the_first_half_of_its_tokens(tokenizer, name):
    chosen = tokenizer if name == "tabletop" else SHAPES[name].loaded
    written = [split_reasoning(pair.reasoning)[0] for pair in worked_pairs()]
    texts = completions(chosen, rendered(chosen, "truncated-50").reasoning)
    for text, whole in zip(texts, written, strict=True):
        half = text.partition("</think>")[0].replace("<think>", "").strip()
        assert whole.startswith(half)
        tokens, kept = map(len, encode_texts(chosen, [whole, half]))
        assert abs(kept - tokens // 2) <= 1  # white space at the cut is stripped above


def test_another_prompts_trace_comes_from_the_same_source_and_format_each_once():
    pairs = mixed_pairs()
    donors = wrong_traces(pairs)
    assert sorted(donors) == list(range(len(pairs)))
    for pair, donor in zip(pairs, donors, strict=True):
        other = pairs[donor]
        assert other.source == pair.source
        assert ("\nB) " in other.prompt) == ("\nB) " in pair.prompt)
        assert other.content != pair.content


def test_whose_trace_is_taken_depends_on_no_order_of_the_pairs():
    pairs = mixed_pairs()
    taken = dict(zip(ids(pairs), ids([pairs[one] for one in wrong_traces(pairs)]), strict=True))
    back = pairs[::-1]
    assert taken == dict(
        zip(ids(back), ids([back[one] for one in wrong_traces(back)]), strict=True)
    )


def ids(pairs: list[Pair]) -> list[str]:
    return [pair.id for pair in pairs]


def mixed_pairs() -> list[Pair]:
    """Two sources in both formats; in each, some prompts ask the same."""
    return [
        replace(
            pair,
            id=f"{source}-{number}-{copy}",
            source=source,
            content=f"{pair.content} {number}",
            prompt=pair.prompt + ("\nA) 1\nB) 2\nC) 3\nD) 4" if number % 2 else ""),
        )
        for source in ("one", "two")
        for number, pair in enumerate(worked_pairs(10))
        for copy in range(2 if number < 3 else 1)
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_a_source_whose_prompts_all_ask_the_same_has_no_other_trace(tokenizer, count):
    pairs = [replace(pair, content="one") for pair in worked_pairs(count)]
    with pytest.raises(InputError, match="none can have the trace of another"):
        rendered(tokenizer, "wrong-trace", pairs)


def test_what_cannot_be_changed_is_learnt_as_written_and_told(tokenizer):
    pairs = worked_pairs(4)
    single = replace(pairs[1], reasoning=with_trace("So 6.", "6"))
    found = rendered(tokenizer, "shuffled", [pairs[0], single, *pairs[2:]])
    assert found.unchanged == {1}
    assert completions(tokenizer, found.reasoning)[1] == f"{single.reasoning}<|im_end|>"


def test_a_pair_that_was_too_long_is_in_no_control(tokenizer):
    pairs = worked_pairs(4)
    long = replace(pairs[1], reasoning=with_trace("So 6. " * 400, "6"))
    pairs[1] = long
    for form in ("answer-only", "truncated-50", "compressed"):
        assert long.id not in rendered(tokenizer, form, pairs).ids


def test_mode_tags_stand_at_the_end_of_each_prompt(tokenizer):
    plain = rendered(tokenizer, "as-written")
    tags = rendered(tokenizer, "as-written", mode_tags=True)
    for style, tag in (("ift", "/no_think"), ("reasoning", "/think")):
        for one, other in zip(getattr(plain, style), getattr(tags, style), strict=True):
            prompt = decode(tokenizer, one.input_ids[: one.labels_start])
            wanted = prompt.replace(
                "<|im_end|>\n<|im_start|>assistant", f"\n{tag}<|im_end|>\n<|im_start|>assistant"
            )
            assert decode(tokenizer, other.input_ids[: other.labels_start]) == wanted
            assert one.input_ids[one.labels_start :] == other.input_ids[other.labels_start :]
