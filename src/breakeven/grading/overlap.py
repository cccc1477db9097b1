"""Answers in words: exact match and F1 over words, as SQuAD and CoQA define them.

Both normalise alike: lower case, no ASCII punctuation, no articles, single spaces (the official
scripts, `evaluate-v1.1.py` of SQuAD and `evaluate-v1.0.py` of CoQA). F1 is a share and a score is
right or wrong, so that right is an exact match with any of the right answers; F1 is kept beside it.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

from breakeven.grading.boxes import final_text
from breakeven.grading.refusals import refuses
from breakeven.grading.right_answers import right_answers
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_LEAD = re.compile(
    r"(?:so,? )?(?:the )?(?:final |correct )?answer(?: is(?![a-z])| ?:) ?:?", re.IGNORECASE
)
_YES_OR_NO = frozenset({"yes", "no"})
# As they are without punctuation.
_NEGATIVE = frozenset({"not", "never", "cannot", "wouldnt", "dont", "cant", "isnt"})


def grade_squad(answer: str, item: Item) -> Grade:
    """Right where the normalised answer is one of `meta.answers`; raises InputError without any."""
    return _matched(span(answer), right_answers(item))


def grade_coqa(answer: str, item: Item) -> Grade:
    """As `grade_squad`; where yes or no is right, what the answer says of the two counts.

    "Yes, it was" is yes. One that says neither, or both, is left open.
    """
    said, wanted = span(answer), right_answers(item)
    grade = _matched(said, wanted)
    if grade.correct or not any(normalised_words(one) in (["yes"], ["no"]) for one in wanted):
        return grade
    verdict = None if refuses(said) else _yes_or_no(normalised_words(said))
    return _matched(verdict, wanted) if verdict else UNPARSED


def _yes_or_no(words: Sequence[str]) -> str | None:
    """Yes or no: the first word, where the other is not next to it, else the last word."""
    if not words:
        return None
    first, last = words[0], words[-1]
    if first in _YES_OR_NO:
        return None if _YES_OR_NO & set(words[1:3]) - {first} else first
    alone = len(_YES_OR_NO.intersection(words)) == 1 and not _NEGATIVE.intersection(words)
    return last if last in _YES_OR_NO and alone else None


def squad_f1(answer: str, item: Item) -> float:
    """The best F1 over the right answers."""
    said = span(answer)
    return max(f1(said, one) for one in right_answers(item))


def coqa_f1(answer: str, item: Item) -> float:
    """The mean, over the right answers, of the best F1 against the others, as CoQA's script has it.

    People are scored that way against one another; a single right answer is compared as it is.
    """
    said = span(answer)
    scores = [f1(said, one) for one in right_answers(item)]
    if len(scores) == 1:
        return scores[0]
    others = (scores[:left_out] + scores[left_out + 1 :] for left_out in range(len(scores)))
    return sum(max(rest) for rest in others) / len(scores)


def f1(said: str, wanted: str) -> float:
    """Harmonic mean of the shares of words in common; of texts without any words, none or all."""
    said_words, wanted_words = normalised_words(said), normalised_words(wanted)
    # By the official scripts "!" and "?" are alike, as both normalise to nothing.
    if not said_words or not wanted_words:
        return float(_same_signs(said, wanted))
    common = sum((Counter(said_words) & Counter(wanted_words)).values())
    return 2 * common / (len(said_words) + len(wanted_words))


def normalised_words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation and articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def span(answer: str) -> str:
    """What an answer says: its box, else all of it without "The answer is"."""
    text = " ".join(final_text(answer).split())
    lead = _LEAD.match(text)
    return text[lead.end() :].strip() if lead else text


def same_words(one: str, other: str, item: Item) -> bool:
    """Whether two answers are one once normalised."""
    words = normalised_words(one)
    return words == normalised_words(other) if words else _same_signs(one, other)


def _matched(said: str, wanted: Sequence[str]) -> Grade:
    words = normalised_words(said)
    if not words:  # "A" may be right, and normalised it is nothing
        same = any(_same_signs(said, one) for one in wanted)
        return parsed_grade(True, said) if same else UNPARSED
    return parsed_grade(any(words == normalised_words(one) for one in wanted), said)


def _same_signs(said: str, wanted: str) -> bool:
    """Whether a text that has no words once normalised, as "!" or "A", is the one wanted."""
    return bool(said.strip()) and said.strip().casefold() == wanted.strip().casefold()
