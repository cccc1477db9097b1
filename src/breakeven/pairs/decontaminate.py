"""What tells that a training prompt is too near a test item."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class TestContent:
    """What must not be trained on: contents, normalised prompts, and word n-grams if asked for."""

    __test__ = False  # not a test class, whatever its name

    contents: frozenset[str]
    prompts: frozenset[str]
    ngrams: frozenset[tuple[str, ...]]
    ngram_words: int | None

    def overlap(self, prompt: str, content: str) -> str | None:
        """Why this prompt must be dropped, None where it may stay."""
        if content in self.contents:
            return "same content as a test item"
        if normalise(prompt) in self.prompts:
            return "same prompt as a test item"
        if self.ngram_words and not self.ngrams.isdisjoint(ngrams(prompt, self.ngram_words)):
            return f"shares {self.ngram_words} words in a row with a test item"
        return None


def gather(tests: Iterable[tuple[str, str]], ngram_words: int | None) -> TestContent:
    """Collect `(prompt, content)` of every test item."""
    rows = list(tests)
    grams = {gram for prompt, _ in rows for gram in ngrams(prompt, ngram_words or 0)}
    return TestContent(
        contents=frozenset(content for _, content in rows),
        prompts=frozenset(normalise(prompt) for prompt, _ in rows),
        ngrams=frozenset(grams),
        ngram_words=ngram_words,
    )


def normalise(text: str) -> str:
    """Lower case, white space folded."""
    return " ".join(text.lower().split())


def ngrams(text: str, words: int) -> set[tuple[str, ...]]:
    """Runs of `words` words in a row, lower case; none where the text is shorter."""
    found = _WORD.findall(text.lower())
    if words < 1:
        return set()
    return {tuple(found[start : start + words]) for start in range(len(found) - words + 1)}
