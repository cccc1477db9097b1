"""What an arm learns in place of the teacher's traces: the controls of a study.

Each form takes one thing away and leaves the others, so that its arm tells what the gain of traces
is due to: the teacher's answer (`answer-only`), the order of the steps (`shuffled`), room to
compute in (`filler`), the second half (`truncated-50`), that the trace is about the prompt
(`wrong-trace`), prose (`compressed`). Nothing is drawn but by the id of a pair, so that every arm,
seed and student has the same ones.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError
from breakeven.core.files import digest_json
from breakeven.params.training import Traces
from breakeven.rendering import Example, Lesson, render_examples
from breakeven.rendering.encoding import encode_texts
from breakeven.rows.pair import Pair
from breakeven.rows.traces import split_reasoning
from breakeven.train.trace_steps import common_words, compressed, shuffled

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Lessons of pairs with the positions of these in their corpus, and as they are rendered.
ChangeTraces = Callable[[Sequence[int], Sequence[Lesson], Sequence[Example]], list[Lesson]]

# Tried in turn: a mark that says nothing. Dots as fillers: Pfau et al. 2024 (arXiv 2404.15758).
_MARKS = (". ", "- ", "* ", ".", "-")
# What keeps a trace as it is, for whom a control is refused.
UNCHANGED_WORDS: Mapping[Traces, str] = {
    "shuffled": "a trace of one step has no other order",
    "filler": "they are fillers already",
    "truncated-50": "a trace of one token has no half",
    "wrong-trace": "other prompts have the same traces",
    "compressed": "they have no words in common, or nothing else",
}
# How often a filler's length is corrected: the marks at its ends may join what stands beside them.
_CORRECTIONS = 4
# Two lettered lines after another: a question with choices.
_CHOICES = re.compile(r"^\(?A[).:] .*\n\(?B[).:] ", re.MULTILINE)


def trace_changer(
    form: Traces, pairs: Sequence[Pair], tokenizer: "PreTrainedTokenizerBase"
) -> ChangeTraces | None:
    """What changes the traces of a corpus, None where they are learnt as written.

    A trace that cannot be changed comes back as it was.

    Raises:
        InputError: the form cannot be had of these pairs, or with this tokenizer.
    """
    makers: Mapping[Traces, Callable[[], ChangeTraces]] = {
        "answer-only": lambda: _without_traces,
        "shuffled": lambda: _shuffler(pairs),
        "filler": lambda: partial(_filled, tokenizer, _filler_mark(tokenizer)),
        "truncated-50": lambda: partial(_halved, tokenizer),
        "wrong-trace": lambda: _exchanger(pairs),
        "compressed": lambda: _compressor(pairs),
    }
    return None if form == "as-written" else makers[form]()


def wrong_traces(pairs: Sequence[Pair]) -> list[int]:
    """For every pair the position of another one, of the same source and format, other content.

    Each gives its trace once. A prompt with two lettered lines is one with choices.

    Raises:
        InputError: more than half of a source's prompts in a format ask the same.
    """
    kinds: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        kinds[pair.source, _CHOICES.search(pair.prompt) is not None].append(place)
    donors = list(range(len(pairs)))
    for (source, choice), places in kinds.items():
        # In an order of their own, those of one content beside one another: who gives a trace then
        # stands as many places on as the most frequent content has, and never asks the same.
        ordered = sorted(places, key=lambda place: _draw(pairs[place]))
        step = max(Counter(pairs[place].content for place in places).values())
        if 2 * step > len(ordered):
            raise InputError(
                f"source {source}: {step} of its {len(ordered)} prompts "
                f"{'with' if choice else 'without'} choices ask the same, so that none can have "
                "the trace of another; use more prompts, or another control"
            )
        for at, place in enumerate(ordered):
            donors[place] = ordered[(at + step) % len(ordered)]
    return donors


def _draw(pair: Pair) -> tuple[str, str]:
    return digest_json(["wrong-trace", pair.content]), pair.id


def _trace(lesson: Lesson) -> str:
    assert lesson.thinking is not None  # what is changed are lessons with a trace
    return lesson.thinking


def _without_traces(
    _places: Sequence[int], lessons: Sequence[Lesson], _examples: Sequence[Example]
) -> list[Lesson]:
    return [lesson._replace(thinking=None) for lesson in lessons]


def _each(change: Callable[[int, str], str]) -> ChangeTraces:
    """Changes traces one by one, by the position of the pair and the trace."""
    return lambda places, lessons, _examples: [
        lesson._replace(thinking=change(place, _trace(lesson)))
        for place, lesson in zip(places, lessons, strict=True)
    ]


def _shuffler(pairs: Sequence[Pair]) -> ChangeTraces:
    return _each(lambda place, trace: shuffled(trace, f"shuffled/{pairs[place].id}"))


def _exchanger(pairs: Sequence[Pair]) -> ChangeTraces:
    donors = wrong_traces(pairs)
    return _each(lambda place, _: split_reasoning(pairs[donors[place]].reasoning)[0])


def _compressor(pairs: Sequence[Pair]) -> ChangeTraces:
    prose = _prose(pairs)
    return _each(lambda place, trace: compressed(trace, prose[pairs[place].source]))


def _prose(pairs: Sequence[Pair]) -> dict[str, frozenset[str]]:
    """The words that the traces of each source have in common."""
    traces: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        traces[pair.source].append(split_reasoning(pair.reasoning)[0])
    return {source: common_words(texts) for source, texts in traces.items()}


def _halved(
    tokenizer: "PreTrainedTokenizerBase",
    _places: Sequence[int],
    lessons: Sequence[Lesson],
    _examples: Sequence[Example],
) -> list[Lesson]:
    """The first half of each trace's tokens, at least one."""
    # Text that spells a special token is text in a trace, here as where it is rendered.
    encoded = tokenizer(
        [_trace(lesson) for lesson in lessons],
        add_special_tokens=False,
        split_special_tokens=True,
        return_offsets_mapping=True,
    )
    ends = [[end for _, end in spans] for spans in encoded["offset_mapping"]]
    return [
        lesson._replace(thinking=_trace(lesson)[: own[max(1, len(own) // 2) - 1]])
        for lesson, own in zip(lessons, ends, strict=True)
    ]


def _filler_mark(tokenizer: "PreTrainedTokenizerBase") -> str:
    """A mark of which each further one is one further token."""
    for mark in _MARKS:
        counts = list(map(len, encode_texts(tokenizer, [mark * n for n in range(2, 40)])))
        if counts == list(range(counts[0], counts[0] + len(counts))):
            return mark
    raise InputError(
        f"{tokenizer.name_or_path or 'the tokenizer'}: none of {', '.join(map(repr, _MARKS))} is a "
        "token each time it is repeated, so that no filler has the length of a trace; use another "
        "control or another student"
    )


def _filled(
    tokenizer: "PreTrainedTokenizerBase",
    mark: str,
    _places: Sequence[int],
    lessons: Sequence[Lesson],
    examples: Sequence[Example],
) -> list[Lesson]:
    """The lessons with so many marks for a trace that their examples have as many tokens."""
    wanted = [len(one.input_ids) for one in examples]
    counts = [1] * len(lessons)
    filled = [_with_marks(lesson, mark, 1) for lesson in lessons]
    waiting = list(range(len(lessons)))
    for _ in range(_CORRECTIONS):
        made = render_examples(tokenizer, [filled[at] for at in waiting])
        off = {at: wanted[at] - len(one.input_ids) for at, one in zip(waiting, made, strict=True)}
        waiting = [at for at in waiting if off[at]]
        if not waiting:
            return filled
        for at in waiting:
            counts[at] = max(1, counts[at] + off[at])
            filled[at] = _with_marks(lessons[at], mark, counts[at])
    raise InputError(
        f"prompt {lessons[waiting[0]].prompt[:40]!r}: no filler of {mark!r} has exactly the "
        "tokens of its trace; use another control or another student"
    )


def _with_marks(lesson: Lesson, mark: str, count: int) -> Lesson:
    return lesson._replace(thinking=(mark * count).rstrip())
