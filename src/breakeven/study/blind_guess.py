"""How often an open task's answer is hit without working anything out.

Two guesses ask for no work: always the commonest right answer, and one at random of the task's
right answers that the question names (one of five people, one of four words). The better of them
is what an arm has to beat: bare answers at 25% of hops name somebody of the circle, and lie far
above the commonest name's 11%.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from breakeven.rows.item import Item

# Graders that compare an answer with one reference.
_ONE_ANSWER = ("exact", "math")
# Marks around a word of a question, which are no part of an answer in it.
_MARKS = ".,;:!?…()[]\"'“”‘’"
# Answers of more words are seldom named in a question, and would be looked for at every word.
_MOST_WORDS = 5


def blind_guess(items: Sequence[Item]) -> float | None:
    """Accuracy of the better guess, as a fraction; answers are told apart by their text.

    None where there are choices to guess among, or an item's reference is no single answer.
    """
    if not items or any(item.choices or item.grader not in _ONE_ANSWER for item in items):
        return None
    answers = [_words(item.reference) for item in items]
    return max(_commonest(answers), _named(items, answers))


def _commonest(answers: Sequence[tuple[str, ...]]) -> float:
    return max(Counter(answers).values()) / len(answers)


def _named(items: Sequence[Item], answers: Sequence[tuple[str, ...]]) -> float:
    """The mean over items of naming one of the right answers that stand in the question."""
    every = frozenset(answers)
    longest = min(max(map(len, every)), _MOST_WORDS)
    hits = 0.0
    for item, answer in zip(items, answers, strict=True):
        named = _runs(_words(item.prompt), longest, every)
        hits += 1 / len(named) if answer in named else 0.0
    return hits / len(items)


def _runs(
    words: tuple[str, ...], longest: int, wanted: Collection[tuple[str, ...]]
) -> set[tuple[str, ...]]:
    """The wanted ones among all runs of up to so many words."""
    return {
        run
        for start in range(len(words))
        for length in range(1, longest + 1)
        if (run := words[start : start + length]) in wanted
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip(_MARKS) for part in text.casefold().split())
