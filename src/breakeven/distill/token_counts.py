"""Completions and their tokens, counted as they pass by."""

from collections import Counter
from collections.abc import Iterable, Iterator

from breakeven.rows.completion import Completion

# The key of `lengths` in the details of a record.
COMPLETIONS_BY_TOKENS = "completions_by_tokens"


class TokenCounts:
    """Sums over completions. `unknown` says by kind of token how many completions lack a count."""

    def __init__(self) -> None:
        self.completions = 0
        self.unknown: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()

    def counted(self, completions: Iterable[Completion]) -> Iterator[Completion]:
        """The same completions, each counted."""
        for completion in completions:
            self.add(completion)
            yield completion

    def add(self, completion: Completion) -> None:
        """Count one."""
        self.completions += 1
        found = {
            "prompt": completion.prompt_tokens,
            "thinking": completion.thinking_tokens,
            "answer": completion.answer_tokens,
            "completion": completion.new_tokens,
        }
        for kind, count in found.items():
            self._tokens[kind] += count or 0
            self.unknown[kind] += count is None
        if completion.new_tokens is not None:
            self._lengths[completion.new_tokens] += 1
        self._seen["truncated"] += completion.truncated
        self._seen["traced"] += bool(completion.thinking)
        self._seen["unclosed"] += not completion.closed

    def tokens(self) -> dict[str, int | None]:
        """Tokens by kind; a kind that one completion lacks is None.

        `completion` is thinking and answer together, which can be known where the parts are not.
        """
        kinds = ("prompt", "thinking", "answer", "completion")
        return {kind: None if self.unknown[kind] else self._tokens[kind] for kind in kinds}

    def lengths(self) -> dict[str, int]:
        """How many completions have so many new tokens, of those whose tokens are known."""
        return {str(length): self._lengths[length] for length in sorted(self._lengths)}

    def metrics(self) -> dict[str, float | None]:
        """How many completions there are, were cut short, have a trace, left it unclosed."""
        seen = {name: float(self._seen[name]) for name in ("truncated", "traced", "unclosed")}
        return {"completions": self.completions, **seen}
