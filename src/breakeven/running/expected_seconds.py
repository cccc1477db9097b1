"""How long cells will take: as their last records say, else by parameters × tokens.

What has ended in this run corrects both, stage by stage. Until then, work in FLOPs only tells which
cell is longer, which is what the schedule needs.
"""

from collections.abc import Iterable
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.layout import record_path
from breakeven.core.records import read_record
from breakeven.params import Params
from breakeven.params.cells import Cell as TrainedCell
from breakeven.params.cells import arms_of, decodings_of, resolve_asking, resolve_cell
from breakeven.running.cell import Cell

# Of a slow core; a cell whose stage has not run yet is only compared with its like.
_NOMINAL_FLOPS_PER_SECOND = 1e10


class _Guess(NamedTuple):
    seconds: float
    from_record: bool


class ExpectedSeconds:
    """The expected seconds of the cells of one run."""

    def __init__(self, params: Params, cells: Iterable[Cell]) -> None:
        self._params = params
        # Now: DVC removes a record before its cell runs again.
        self._recorded = {cell.name: _recorded_seconds(cell) for cell in cells}
        # Expected and actual seconds of what has ended, summed: they are asked for at every look.
        self._took: dict[tuple[str, bool], tuple[float, float]] = {}
        self._found: dict[tuple[str, str], dict[str, float]] = {}
        self._guesses: dict[str, _Guess] = {}
        self._missed = False

    def of(self, cell: Cell) -> float:
        """Seconds, 0 for what takes hardly any."""
        guess = self._guess(cell)
        expected, actual = self._took.get((cell.stage, guess.from_record), (1.0, 1.0))
        factor = actual / expected
        return factor * guess.seconds

    def is_known(self, cell: Cell) -> bool:
        """Whether that rests on something measured, here or by an earlier run."""
        from_record = self._guess(cell).from_record
        heavy = cell.stage in ("train", "answer")
        return from_record or not heavy or (cell.stage, from_record) in self._took

    def note(self, cell: Cell, seconds: float) -> None:
        """Learn from a cell that has ended."""
        guess = self._guess(cell)
        if guess.seconds:
            key = (cell.stage, guess.from_record)
            expected, actual = self._took.get(key, (0.0, 0.0))
            self._took[key] = (expected + guess.seconds, actual + seconds)

    def _guess(self, cell: Cell) -> _Guess:
        if cell.name in self._guesses:
            return self._guesses[cell.name]
        recorded = self._recorded.get(cell.name)
        self._missed = False
        if recorded is not None:
            guess = _Guess(recorded, from_record=True)
        else:
            flops = {"train": self._train_flops, "answer": self._answer_flops}.get(cell.stage)
            seconds = flops(cell) / _NOMINAL_FLOPS_PER_SECOND if flops else 0.0
            guess = _Guess(seconds, from_record=False)
        if not self._missed:
            self._guesses[cell.name] = guess
        return guess

    def _train_flops(self, cell: Cell) -> float:
        student, arm = cell.options["student"], cell.options["arm"]
        settings = resolve_cell(
            self._params, TrainedCell(student, arm, int(cell.options["seed"]))
        ).training
        if settings is None:
            return 0.0
        budget = settings.budget
        if budget is not None and budget.train_flops is not None:
            return budget.train_flops
        tokens, pairs = 0.0, 0.0
        for corpus in settings.corpora:
            counts = self._numbers("pairs", corpus)
            share = settings.reasoning_share
            tokens += counts.get("prompt", 0.0) + (
                share * counts.get("reasoning", 0.0) + (1 - share) * counts.get("ift", 0.0)
            )
            pairs += counts.get("kept", 0.0)
        if budget is None:
            tokens *= settings.training.epochs
        elif budget.tokens is not None:
            tokens = budget.tokens
        elif budget.samples is not None and pairs:
            tokens *= budget.samples / pairs
        return 6.0 * self._parameters(student) * tokens

    def _answer_flops(self, cell: Cell) -> float:
        """Of every answer of a student, each taken to be as long as its limit."""
        params, student = self._params, cell.options["student"]
        # An answer that several rows share is given once (an untrained arm's seeds are the same).
        asked = {
            (arm if row.trained else None, seed if row.trained else None, task, asking)
            for arm in arms_of(params, student)
            for row in (params.arms[arm],)
            for seed in params.seeds
            for task in params.tasks
            for decoding in decodings_of(params, arm)
            for asking in (resolve_asking(params, arm, decoding, task),)
        }
        tokens = sum(
            self._items(task) * asking.decoding.samples * asking.max_new_tokens
            for _, _, task, asking in asked
        )
        return 2.0 * self._parameters(student) * tokens

    def _items(self, task: str) -> float:
        """Questions of a task; as many as are asked for until its stage has pinned them."""
        asked = self._params.tasks[task].items
        return self._numbers("tasks", task).get("items", 1.0 if asked is None else float(asked))

    def _numbers(self, stage: str, cell: str) -> dict[str, float]:
        """What a record tells, once it is there: the first cells are ordered before any is."""
        key = (stage, cell)
        if key not in self._found:
            numbers = _record_numbers(stage, cell)
            if not numbers:
                self._missed = True
                return {}
            self._found[key] = numbers
        return self._found[key]

    def _parameters(self, student: str) -> float:
        return self._numbers("base", student).get("parameters", 0.0)


def _recorded_seconds(cell: Cell) -> float | None:
    if not record_path(cell.stage, *cell.options.values()).is_file():
        return None
    try:
        record = read_record(cell.stage, *cell.options.values())
    except (InputError, TypeError):  # damaged, or of another version: the stage writes it anew
        return None
    # Each of the processes that trained together held a device for all of it.
    return sum(record.device_seconds.values()) / int(record.details.get("processes", 1))


def _record_numbers(stage: str, cell: str) -> dict[str, float]:
    """Metrics and tokens that a record tells; none where there is no record yet."""
    try:
        record = read_record(stage, cell)
    except (InputError, TypeError):
        return {}
    told = {**record.metrics, **record.tokens}
    return {name: number for name, number in told.items() if number is not None}
