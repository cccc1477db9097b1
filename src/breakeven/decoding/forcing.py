"""The tokens of a batch, held to a budget of thinking."""

import torch
from torch import Tensor

from breakeven.decoding.budget import Budget
from breakeven.decoding.sampling import Choose


def within_budget(choose: Choose, budget: Budget, count: int) -> Choose:
    """`choose` for a batch of `count` rows whose traces are held to a budget.

    A forced token takes a step as any other: the student reads it, and what it would have written
    in its place is not looked at.
    """
    return _Forced(choose, budget, count)


class _Forced:
    """A `Choose` that knows of each row, by its place in the batch, where its trace stands."""

    def __init__(self, choose: Choose, budget: Budget, count: int) -> None:
        self._choose, self._budget = choose, budget
        self._open = torch.full((count,), budget.opened)
        self._waited = torch.zeros(count, dtype=torch.long)
        # How much of `waiting` a row has been given, 0 where none is being written.
        self._given = torch.zeros(count, dtype=torch.long)
        self._ids = torch.tensor([*budget.waiting, *budget.closing, *budget.asking])
        self._marks = torch.tensor(budget.marks)

    def __call__(self, logits: Tensor, rows: Tensor, step: int, written: Tensor) -> Tensor:
        for name in ("_open", "_waited", "_given", "_ids", "_marks"):
            setattr(self, name, getattr(self, name).to(logits.device))
        if step < self._budget.free:
            return self._before_the_end(logits, rows, step, written)
        return self._at_the_end(logits, rows, step, written)

    def _before_the_end(self, logits: Tensor, rows: Tensor, step: int, written: Tensor) -> Tensor:
        """The student's own tokens, but for closing marks that are replaced."""
        budget = self._budget
        tokens = self._choose(logits, rows, step, written)
        given = self._given[rows]
        closes = self._open[rows] & (given == 0) & (tokens == budget.marks.close_id)
        if step + len(budget.waiting) <= budget.free:
            replaced = closes & (self._waited[rows] < budget.waits)
            self._waited[rows] += replaced
        else:
            replaced = torch.zeros_like(closes)
        forced = replaced | (given > 0)
        tokens = torch.where(forced, self._ids[given], tokens)
        self._given[rows] = torch.where(forced, (given + 1) % len(budget.waiting), given)
        opens, closes = tokens == budget.marks.open_id, tokens == budget.marks.close_id
        self._open[rows] = (self._open[rows] | opens) & ~closes
        return tokens

    def _at_the_end(self, logits: Tensor, rows: Tensor, step: int, written: Tensor) -> Tensor:
        """What closes the traces that are open, and from there on no mark in any row."""
        budget = self._budget
        barred = logits.index_fill(-1, self._marks, float("-inf"))
        tokens = self._choose(barred, rows, step, written)
        place = len(budget.waiting) + step - budget.free
        if place >= len(self._ids):
            return tokens
        # `_open` stays as it was when the budget ended: these rows are the ones that are closed.
        return torch.where(self._open[rows], self._ids[place], tokens)
