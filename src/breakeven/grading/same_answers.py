"""Which samples of an item give one answer, by its grader's own comparison: what a vote counts.

A vote knows nothing of the right answer, so what samples say is compared among themselves: 1/2 and
0.5 are one answer of a mathematical item, and two spellings that are both right remain two.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from breakeven.grading.maths.grader import same_result
from breakeven.grading.overlap import same_words
from breakeven.params import Grading
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item

Same = Callable[[str, str, Item], bool]


def comparisons(settings: Grading) -> Mapping[str, Same]:
    """How two extracted answers are compared, by the name of the grader.

    A grader that is not there names no answer: of IFEval all of the text counts, and a judge says
    right or wrong.
    """
    return MappingProxyType(
        {
            "coqa": same_words,
            "exact": _same_text,
            # A data set's scorer compares with its reference alone.
            "gym": _same_text,
            "letter": _same_text,
            "math": partial(same_result, limit_seconds=settings.math_seconds),
            "squad": same_words,
        }
    )


def votes_of(
    samples: Sequence[int], grades: Sequence[Grade], item: Item, table: Mapping[str, Same]
) -> list[int | None]:
    """What each sample of an item votes for: the number of the first sample that says the same.

    None where a sample names no answer, or its grader none that could be compared.
    """
    same = table.get(item.grader)
    firsts: dict[int, str] = {}
    votes: list[int | None] = []
    for sample, grade in zip(samples, grades, strict=True):
        said = grade.extracted
        if same is None or said is None or not grade.parsed:
            votes.append(None)
            continue
        # By the first that said so: with a tolerance, equality does not carry over.
        found = next((one for one, text in firsts.items() if same(said, text, item)), None)
        if found is None:
            firsts[sample] = said
        votes.append(sample if found is None else found)
    return votes


def _same_text(one: str, other: str, item: Item) -> bool:
    return one.split() == other.split()
