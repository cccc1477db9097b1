"""What loading a source's prompts finds out beside them, filled while they stream."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from breakeven.hubdata import Rows

# Rows that are named in the record; the counts cover all.
_NAMED_ROWS = 100


@dataclass
class LoadNotes:
    """`data_set` says what was read, at which commit; `dropped` counts bad rows by reason."""

    data_set: dict[str, Any] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    dropped_rows: list[tuple[int, str]] = field(default_factory=list)

    def add_data_set(self, data_set: object, revision: str | None, rows: Rows) -> None:
        """Note which version of which data set is read."""
        self.data_set = {
            "place": str(data_set),
            "revision": revision,
            "commit": rows.commit,
            "config": rows.config,
            "split": rows.split,
            "rows": rows.total,
        }

    def add_dropped(self, number: int, reason: str) -> None:
        """Count a row that is not used; the first hundred are named."""
        # All are counted, few are named: a wrong column would put every row into the record.
        self.dropped[reason] += 1
        if len(self.dropped_rows) < _NAMED_ROWS:
            self.dropped_rows.append((number, reason))

    def details(self) -> dict[str, Any]:
        """All of it for the record; empty for a source that no row can fail in."""
        if not self.data_set:
            return {}
        return {
            "data_set": self.data_set,
            "dropped_by_reason": dict(self.dropped),
            "dropped_rows": [list(row) for row in self.dropped_rows],
        }
