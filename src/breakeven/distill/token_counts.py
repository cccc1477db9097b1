"""Completions and their tokens, counted as they pass by."""

from collections import Counter
from collections.abc import Iterable, Iterator

from breakeven.rows.completion import Completion


class TokenCounts:
    """Sums over completions. `unknown` says by kind of token how many completions lack a count."""

    def __init__(self) -> None:
        self.completions = 0
        self.unknown: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()

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
        self._seen["truncated"] += completion.truncated
        self._seen["traced"] += bool(completion.thinking)
        self._seen["unclosed"] += not completion.closed

    def tokens(self) -> dict[str, int | None]:
        """Tokens by kind; a kind that one completion lacks is None.

        `completion` is thinking and answer together, which can be known where the parts are not.
        """
        kinds = ("prompt", "thinking", "answer", "completion")
        return {kind: None if self.unknown[kind] else self._tokens[kind] for kind in kinds}

    def metrics(self) -> dict[str, float | None]:
        """How many completions there are, were cut short, have a trace, left it unclosed."""
        seen = {name: float(self._seen[name]) for name in ("truncated", "traced", "unclosed")}
        return {"completions": self.completions, **seen}
