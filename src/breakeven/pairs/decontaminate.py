"""What tells that a training prompt is too near a test item."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from breakeven.rows.item import Item

_WORD = re.compile(r"\w+")
_EDGES = re.compile(r"^\W+|\W+$")
# Below so many items (or passages) nothing tells an instruction from what is asked.
_MIN_ITEMS = 3

NGram = tuple[str, ...]

# A prompt is too near an item where it holds more than this share of the item's words, in runs of
# `ngram_words` (Lambert et al. 2024, Tülu 3, section 3.2: 8 words, 50%) …
_ENOUGH_SHARE = 0.5
# … or as many of a long item's words as make a run that counts alone (Brown et al. 2020,
# appendix C: 13 words, as in lm-evaluation-harness).
_ENOUGH_WORDS = 13.0
# Where a question may end and something else follow: a sentence, a line, a remark in brackets.
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\s*\n\s*|(?<=[。！？])|\s+(?=[(\[])")
_LABEL = re.compile(r"^\s*(q|question|problem|task|exercise)\s*\d*\s*[:.)]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class TestContent:
    """What must not be trained on: contents, normalised prompts, and word n-grams if asked for.

    `prompts` holds the items' whole prompts, `questions` those prompts without the instruction
    that their task repeats, `short` the questions of fewer words than an n-gram. `holders` tells
    the items of an n-gram. `instructions` counts the n-grams that were left out for being one.
    """

    __test__ = False  # not a test class, whatever its name

    contents: frozenset[str]
    prompts: frozenset[str]
    questions: frozenset[str]
    short: frozenset[str]
    items: tuple["WeighedItem", ...]
    holders: Mapping[int, Sequence[int]]
    ngram_words: int | None
    instructions: int = 0

    def overlap(self, prompt: str, content: str) -> str | None:
        """Why this prompt must be dropped, None where it may stay."""
        if content in self.contents:
            return "same content as a test item"
        whole = normalise(prompt)
        if whole in self.prompts or (self.questions and _EDGES.sub("", whole) in self.questions):
            return "same prompt as a test item"
        if self.ngram_words is None:
            return None
        if self.short and any(
            run in self.short for run in _first_sentences(prompt, self.ngram_words)
        ):
            return "begins with a test item"
        # By hash: 18 benchmarks have two million n-grams of 8 words, too many to hold as words.
        found = set(map(hash, ngrams(words_of(prompt), self.ngram_words)))
        holders = [self.holders[gram] for gram in found if gram in self.holders]
        sharing = {number for numbers in holders for number in numbers}
        if any(self.items[number].is_within(found, self.ngram_words) for number in sharing):
            return f"shares {self.ngram_words} words in a row with a test item"
        return None


@dataclass(frozen=True)
class WeighedItem:
    """An item's own words: its n-grams as hashes with the word each starts at, and weights.

    A word weighs 1 where only this item has the n-grams around it, and 1/k in a phrase that k of
    the task's items share: a stock phrase says little.
    """

    hashes: Sequence[int]
    starts: Sequence[int]
    weights: Sequence[float]

    def is_within(self, found: AbstractSet[int], count: int) -> bool:
        """Whether n-grams hold more than half of the item by weight, or enough of it alone."""
        shared: set[int] = set()
        for gram, start in zip(self.hashes, self.starts, strict=True):
            if gram in found:
                shared.update(range(start, start + count))
        weight = sum(self.weights[word] for word in shared)
        # Runs shorter than `count` are not found, so that fewer words cannot be enough.
        return weight > _ENOUGH_SHARE * sum(self.weights) or weight >= max(_ENOUGH_WORDS, count)


def gather_test_content(tasks: Iterable[Iterable[Item]], ngram_words: int | None) -> TestContent:
    """Collect the items of every task: passages and choices too, as far as a prompt holds them.

    With `ngram_words`, words in a row that more than half of a task's items share are its
    instruction: they are cut out first, for training prompts may well carry the same. Phrases
    that fewer items share count the less, the more do.
    """
    contents: set[str] = set()
    prompts: set[str] = set()
    questions: set[str] = set()
    short: set[str] = set()
    weighed: list[WeighedItem] = []
    holders: dict[int, list[int]] = {}
    instructions = 0
    for task in tasks:
        items = list(task)
        contents.update(item.content for item in items)
        prompts.update(normalise(item.prompt) for item in items)
        if not ngram_words:
            continue
        occurrences, groups = _ngram_occurrences(items, ngram_words)
        shared = _instruction_ngrams(occurrences, groups)
        instructions += len(shared)
        for item in items:
            parts = _parts_beside_instruction(item.prompt, shared, ngram_words)
            if len(parts) == 1:
                questions.add(normalise(parts[0]))
            one = _weighed_item([words_of(part) for part in parts], occurrences, ngram_words)
            if one.hashes:
                for gram in set(one.hashes):
                    holders.setdefault(gram, []).append(len(weighed))
                weighed.append(one)
            elif len(parts) == 1:
                short.add(normalise(parts[0]))
    return TestContent(
        contents=frozenset(contents),
        prompts=frozenset(prompts),
        questions=frozenset(questions),
        short=frozenset(short),
        items=tuple(weighed),
        holders=holders,
        ngram_words=ngram_words,
        instructions=instructions,
    )


def normalise(text: str) -> str:
    """Lower case, white space folded."""
    return " ".join(text.lower().split())


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without the signs between them."""
    return _WORD.findall(text.lower())


def ngrams(words: Sequence[str], count: int) -> Iterator[NGram]:
    """Runs of `count` words in a row; none where there are fewer words."""
    return zip(*(words[start:] for start in range(count)), strict=False)


def _first_sentences(prompt: str, count: int) -> Iterator[str]:
    """The first sentences of a prompt, up to fewer than `count` words, with any of what follows."""
    sentences = _SENTENCE_END.split(_LABEL.sub("", prompt).strip())
    for number in range(1, len(sentences) + 1):
        opening = normalise(" ".join(sentences[:number]))
        if len(words_of(opening)) >= count:
            return
        yield _EDGES.sub("", opening)


def _ngram_occurrences(items: Sequence[Item], count: int) -> tuple[Counter[NGram], int]:
    """How many of a task's items have an n-gram, and of how many; those of a passage count once."""
    groups: dict[str, set[NGram]] = {}
    for item in items:
        found = ngrams(words_of(item.prompt), count)
        groups.setdefault(item.cluster or f"item {item.id}", set()).update(found)
    occurrences: Counter[NGram] = Counter()
    for group in groups.values():
        occurrences.update(group)
    return occurrences, len(groups)


def _instruction_ngrams(occurrences: Mapping[NGram, int], groups: int) -> frozenset[NGram]:
    """The n-grams in more than half of a task's items."""
    if groups < _MIN_ITEMS:
        return frozenset()
    # Cut out, or "put the answer inside \\boxed{}" would drop every prompt that ends in it.
    return frozenset(gram for gram, times in occurrences.items() if 2 * times > groups)


def _weighed_item(
    parts: Iterable[Sequence[str]], occurrences: Mapping[NGram, int], count: int
) -> WeighedItem:
    hashes, starts = array("q"), array("l")
    sharers: list[int] = []
    for words in parts:
        first = len(sharers)
        sharers.extend([1] * len(words))
        for start, gram in enumerate(ngrams(words, count), start=first):
            hashes.append(hash(gram))
            starts.append(start)
            if occurrences[gram] > 1:
                for word in range(start, start + count):
                    sharers[word] = max(sharers[word], occurrences[gram])
    return WeighedItem(hashes, starts, array("d", (1 / sharer for sharer in sharers)))


def _parts_beside_instruction(text: str, shared: frozenset[NGram], count: int) -> list[str]:
    """A prompt's text from word to word, parted where its task's instruction stood."""
    # Once: a capital "İ" grows in lower case, and what comes after it has another place.
    text = text.lower()
    found = list(_WORD.finditer(text))
    common = [False] * len(found)
    if shared:
        words = [match.group() for match in found]
        for start, gram in enumerate(ngrams(words, count)):
            if gram in shared:
                common[start : start + count] = [True] * count
    parts: list[str] = []
    previous = True
    start = 0
    for match, is_common in zip(found, common, strict=True):
        if not is_common:
            start = match.start() if previous else start
            # A part that goes on takes the place of what it was a word ago.
            parts[len(parts) - (not previous) :] = [text[start : match.end()]]
        previous = is_common
    return parts
