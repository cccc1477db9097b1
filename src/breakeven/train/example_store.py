"""Many examples in little memory: a corpus at full scale has billions of token ids."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from breakeven.rendering import Example


class ExampleStore(Sequence[Example]):
    """Examples in flat arrays: 4 bytes a token, where a tuple of Python integers takes 36."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        # 4 bytes hold any token id, 8 the tokens of a whole corpus.
        self._ids = array("i")
        self._ends = array("q", [0])
        self._label_starts = array("i")
        for one in examples:
            self.append(one)

    @classmethod
    def of_columns(
        cls, ids: "array[int]", ends: "array[int]", label_starts: "array[int]"
    ) -> "ExampleStore":
        """What `columns` gave of another store."""
        store = cls()
        store._ids, store._ends, store._label_starts = ids, ends, label_starts
        return store

    def columns(self) -> tuple["array[int]", "array[int]", "array[int]"]:
        """All ids end to end ("i"), where each example ends after a 0 ("q"), first labels ("i")."""
        return self._ids, self._ends, self._label_starts

    def append(self, example: Example) -> None:
        """Take one more."""
        self._ids.extend(example.input_ids)
        self._ends.append(len(self._ids))
        self._label_starts.append(example.labels_start)

    def tokens(self, at: int) -> int:
        """Length of an example, without reading it."""
        return self._ends[at + 1] - self._ends[at]

    def as_bytes(self, at: int) -> bytes:
        """An example for a digest: its first label's position, then its ids, 4 bytes each."""
        ids = self._ids[self._ends[at] : self._ends[at + 1]]
        return array("i", [self._label_starts[at]]).tobytes() + ids.tobytes()

    def __len__(self) -> int:
        return len(self._label_starts)

    @overload
    def __getitem__(self, at: int) -> Example: ...

    @overload
    def __getitem__(self, at: slice) -> list[Example]: ...

    def __getitem__(self, at: int | slice) -> Example | list[Example]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        ids = self._ids[self._ends[at] : self._ends[at + 1]]
        return Example(tuple(ids), self._label_starts[at])

    def __iter__(self) -> Iterator[Example]:
        return (self[at] for at in range(len(self)))
