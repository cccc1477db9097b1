"""What tells that a training prompt is too near a test item."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from breakeven.tasks.items import Item

_WORD = re.compile(r"\w+")
_EDGES = re.compile(r"^\W+|\W+$")
# Below so many items (or passages) nothing tells an instruction from what is asked.
_FEWEST_TO_COMPARE = 3

Gram = tuple[str, ...]


@dataclass(frozen=True)
class TestContent:
    """What must not be trained on: contents, normalised prompts, and word n-grams if asked for.

    `prompts` holds the items' whole prompts, `questions` those prompts without the instruction
    that their task repeats. `instructions` counts the n-grams that were left out for being one.
    """

    __test__ = False  # not a test class, whatever its name

    contents: frozenset[str]
    prompts: frozenset[str]
    questions: frozenset[str]
    ngrams: frozenset[Gram]
    ngram_words: int | None
    instructions: int = 0

    def overlap(self, prompt: str, content: str) -> str | None:
        """Why this prompt must be dropped, None where it may stay."""
        if content in self.contents:
            return "same content as a test item"
        whole = normalise(prompt)
        if whole in self.prompts or (self.questions and _EDGES.sub("", whole) in self.questions):
            return "same prompt as a test item"
        if self.ngram_words and not self.ngrams.isdisjoint(
            grams(words_of(prompt), self.ngram_words)
        ):
            return f"shares {self.ngram_words} words in a row with a test item"
        return None


def gather(tasks: Iterable[Iterable[Item]], ngram_words: int | None) -> TestContent:
    """Collect the items of every task: passages and choices too, as far as a prompt holds them.

    With `ngram_words`, words in a row that more than half of a task's items share are its
    instruction: they are cut out first, for training prompts may well carry the same.
    """
    contents: set[str] = set()
    prompts: set[str] = set()
    questions: set[str] = set()
    ngrams: set[Gram] = set()
    instructions = 0
    for task in tasks:
        items = list(task)
        contents.update(item.content for item in items)
        prompts.update(normalise(item.prompt) for item in items)
        if ngram_words:
            shared = _instruction(items, ngram_words)
            instructions += len(shared)
            for item in items:
                parts = _own_parts(item.prompt, shared, ngram_words)
                if len(parts) == 1:
                    questions.add(normalise(parts[0]))
                for part in parts:
                    ngrams.update(grams(words_of(part), ngram_words))
    return TestContent(
        contents=frozenset(contents),
        prompts=frozenset(prompts),
        questions=frozenset(questions),
        ngrams=frozenset(ngrams),
        ngram_words=ngram_words,
        instructions=instructions,
    )


def normalise(text: str) -> str:
    """Lower case, white space folded."""
    return " ".join(text.lower().split())


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without the signs between them."""
    return _WORD.findall(text.lower())


def grams(words: Sequence[str], count: int) -> Iterator[Gram]:
    """Runs of `count` words in a row; none where there are fewer words."""
    return zip(*(words[start:] for start in range(count)), strict=False)


def _instruction(items: Sequence[Item], count: int) -> frozenset[Gram]:
    """The n-grams in more than half of a task's items; items of one passage count as one."""
    groups: dict[str, set[Gram]] = {}
    for item in items:
        found = grams(words_of(item.prompt), count)
        groups.setdefault(item.cluster or f"item {item.id}", set()).update(found)
    if len(groups) < _FEWEST_TO_COMPARE:
        return frozenset()
    tally: Counter[Gram] = Counter()
    for group in groups.values():
        tally.update(group)
    return frozenset(gram for gram, times in tally.items() if 2 * times > len(groups))


def _own_parts(text: str, shared: frozenset[Gram], count: int) -> list[str]:
    """A prompt's text from word to word, parted where its task's instruction stood."""
    found = list(_WORD.finditer(text.lower()))
    common = [False] * len(found)
    if shared:
        words = [match.group() for match in found]
        for start, gram in enumerate(grams(words, count)):
            if gram in shared:
                common[start : start + count] = [True] * count
    parts: list[str] = []
    previous = True
    start = 0
    for match, is_common in zip(found, common, strict=True):
        if not is_common:
            start = match.start() if previous else start
            parts[len(parts) - (not previous) :] = [text[start : match.end()]]
        previous = is_common
    return parts
