"""`breakeven run`: every due cell, as many at once as the machine has room for.

Cells run where their inputs are ready, the longest way to the end first. One that fails holds up
what reads it and nothing else.
"""

import signal
import sys
import time
from collections.abc import Collection, Sequence

from breakeven.core.errors import AlreadyReportedError, BreakevenError, MachineError
from breakeven.params import Params
from breakeven.running.board import Board, Standing, duration
from breakeven.running.cell import Cell, Ended
from breakeven.running.due_graph import DueGraph, due_graph
from breakeven.running.expected_seconds import ExpectedSeconds
from breakeven.running.local_workers import LocalWorkers
from breakeven.running.notice import NoticeBoard
from breakeven.running.places import Places, devices_each, together
from breakeven.running.ray_workers import RayWorkers
from breakeven.running.schedule import Schedule
from breakeven.running.this_process import ThisProcess
from breakeven.running.warm_process import log_path

# A kill loses no more of what DVC is told of, and its run cache holds even that.
_LOCK_EVERY_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.5
_GRACE_SECONDS = 15.0
_ATTEMPTS = 2
# As shells tell SIGINT.
_INTERRUPTED = 130


_Workers = RayWorkers | LocalWorkers | ThisProcess


def run_due_cells(
    params: Params, jobs: int | None = None, *, ray_address: str | None = None
) -> None:
    """Run what is due, `jobs` cells at once; None for as many as there is room for.

    On this machine, or on the nodes of the Ray cluster at `ray_address`.

    Raises:
        MachineError: DVC or another run is at work here, or the cluster is not to be used: nothing
            answers, or a node has other code, packages or another folder.
        InputError: this is not the project's root, or more jobs than GPUs or memory are asked for.
        AlreadyReportedError: a cell has failed, or the run was interrupted; it has been told.
    """
    with (
        due_graph(params) as graph,
        _Interrupts() as interrupts,
        _workers(params, len(graph.cells), ray_address) as workers,
    ):
        places = Places(params, [*graph.cells.values()], [*workers.nodes().values()], jobs=jobs)
        with Board() as board:
            run = _Run(params, graph, workers, places=places, board=board, interrupts=interrupts)
            run.go()
    run.tell_end()


def _workers(params: Params, cells: int, ray_address: str | None) -> _Workers:
    each = devices_each(params)
    if ray_address is not None:
        from breakeven.running.ray_cluster import RayCluster

        return RayCluster(ray_address, each, together(params))
    # Of one cell, most would be the start of a worker.
    if cells <= 1:
        return ThisProcess()
    try:
        return RayWorkers(each)
    except MachineError as error:
        print(f"{error}; going on with plain processes, a cell at a time on a GPU", file=sys.stderr)
        return LocalWorkers()


class _Interrupts:
    """Notes ctrl-C and SIGTERM, so that nothing is cut off in the middle of a file of DVC."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "_Interrupts":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, *_: object) -> None:
        self.asked = True


class _Run:
    """One run from its first cell to its last."""

    def __init__(
        self,
        params: Params,
        graph: DueGraph,
        workers: _Workers,
        *,
        places: Places,
        board: Board,
        interrupts: _Interrupts,
    ) -> None:
        self._params, self._graph, self._workers = params, graph, workers
        self._places, self._board, self._interrupts = places, board, interrupts
        self._cells = graph.cells
        self._expected = ExpectedSeconds(params, graph.cells.values())
        self._schedule = Schedule(graph.reads)
        self._began: dict[str, tuple[Cell, float]] = {}
        self._attempts: dict[str, int] = {}
        self._lines: dict[str, Ended] = {}
        self._lock_at = time.monotonic() + _LOCK_EVERY_SECONDS
        self._notice = NoticeBoard()
        self._ran = 0
        self._started = time.monotonic()

    def go(self) -> None:
        """Run until nothing can run any more, or an interrupt; cells then keep what they have."""
        try:
            while not self._interrupts.asked and self._begin_what_fits():
                self._take_ended(_LOOK_EVERY_SECONDS)
                self._board.show(self._began, self._standing(), self._waiting())
                self._tell_notice()
                if time.monotonic() >= self._lock_at:
                    self._graph.write_lock()
                    self._lock_at = time.monotonic() + _LOCK_EVERY_SECONDS
        except Exception:
            self._end_what_runs()
            raise
        if self._interrupts.asked:
            self._board.say("interrupted; ending what runs")
            self._end_what_runs()
        else:
            self._fail_what_never_fits()
        self._tell_notice(at_once=True)

    def _tell_notice(self, *, at_once: bool = False) -> None:
        running = {name: began for name, (_, began) in self._began.items()}
        failed = {name: ended.reason for name, ended in self._lines.items()}
        self._notice.tell(self._standing(), running, failed, at_once=at_once)

    def _end_what_runs(self) -> None:
        self._workers.interrupt()
        until = time.monotonic() + _GRACE_SECONDS
        while self._began and time.monotonic() < until:
            self._take_ended(_LOOK_EVERY_SECONDS, ending=True)

    def _begin_what_fits(self) -> bool:
        """Begin ready cells while there is room; False where nothing runs and nothing is ready."""
        skipped = True
        while skipped:  # a cell that need not run may make others ready
            skipped = False
            nodes = self._workers.nodes()
            for name in self._schedule.ready(self._seconds):
                cell = self._cells[name]
                chosen = self._places.find(nodes, name)
                if not chosen:
                    continue
                if self._begin(cell, chosen):
                    skipped = True
        return bool(self._began)

    def _begin(self, cell: Cell, nodes: Sequence[str]) -> bool:
        """Begin a cell on its nodes; True where it is over at once."""
        try:
            due = self._graph.begin(cell)
        except BreakevenError as error:
            self._schedule.begin(cell.name)
            self._end(cell, Ended(error.exit_code, 0.0, str(error)))
            return True
        if due:
            self._schedule.begin(cell.name)
            self._start(cell, nodes)
        else:
            self._schedule.end(cell.name)
        return not due

    def _waiting(self) -> Collection[str]:
        return self._workers.waiting() if isinstance(self._workers, RayWorkers) else ()

    def _fail_what_never_fits(self) -> None:
        """Nothing runs, and what is ready found no place: nodes that it needs are gone."""
        names = self._schedule.ready(self._seconds)
        if not names:
            return
        lack = self._places.lack([*self._workers.nodes().values()]) or "no node has room for it"
        for name in names:
            self._schedule.begin(name)
            self._end(self._cells[name], Ended(MachineError.exit_code, 0.0, lack))

    def _start(self, cell: Cell, nodes: Sequence[str]) -> None:
        self._attempts[cell.name] = self._attempts.get(cell.name, 0) + 1
        self._began[cell.name] = (cell, time.time())
        self._places.take(cell.name, nodes)
        self._workers.start(cell, nodes)

    def _take_ended(self, seconds: float, *, ending: bool = False) -> None:
        for name, ended in self._workers.wait(seconds).items():
            cell, began = self._began.pop(name)
            self._places.leave(name)
            if isinstance(ended, Ended) and ended.exit_code == _INTERRUPTED:
                self._interrupts.asked = True
            elif isinstance(ended, Ended):
                self._end(cell, ended)
            elif ending:  # it had not begun, or was lost: the next run begins it
                self._schedule.again(name)
            elif self._attempts[name] < _ATTEMPTS:
                self._board.say(f"{name}: its worker is gone; once more, from its checkpoint")
                self._schedule.again(name)
            else:
                why = f"its worker is gone: {ended.reason}"
                self._end(cell, Ended(MachineError.exit_code, time.time() - began, why))

    def _end(self, cell: Cell, ended: Ended) -> None:
        if ended.exit_code == 0:
            try:
                self._graph.end(cell)
            except BreakevenError as error:
                ended = ended._replace(exit_code=error.exit_code, last_line=str(error))
        if ended.exit_code == 0:
            self._expected.note(cell, ended.seconds)
            self._schedule.end(cell.name)
            self._ran += 1
        else:
            self._schedule.fail(cell.name)
            self._lines[cell.name] = ended
        self._board.ended(cell, ended, self._standing())

    def _seconds(self, name: str) -> float:
        cell = self._cells[name]
        began = self._began.get(name)
        gone = time.time() - began[1] if began else 0.0
        return max(0.0, self._expected.of(cell) - gone)

    def _standing(self) -> Standing:
        schedule = self._schedule
        open_cells = [*schedule.waiting, *schedule.running]
        left = None
        if all(self._expected.is_known(self._cells[name]) for name in open_cells):
            ways = schedule.ways(self._seconds)
            work = sum(self._seconds(name) * self._places.share(name) for name in open_cells)
            left = max([work, *ways.values()])
        return Standing(len(schedule.done), len(self._cells), len(schedule.failed), left)

    def tell_end(self) -> None:
        """Say how the run has ended; raises AlreadyReportedError where it is not all done."""
        if self._interrupts.asked:
            # Not KeyboardInterrupt: the command line's library would end on it without a word.
            print("interrupted; what was done is kept and the next run goes on", file=sys.stderr)
            raise AlreadyReportedError(_INTERRUPTED)
        took = duration(time.monotonic() - self._started)
        ran = f"{self._ran} {'cell' if self._ran == 1 else 'cells'} ran in {took}"
        if not self._lines:
            print(ran, flush=True)
            return
        # One mistake in the params can stop many cells with the same line.
        stopped: dict[str, list[str]] = {}
        for name, ended in self._lines.items():
            stopped.setdefault(ended.reason, []).append(name)
        for reason, names in stopped.items():
            names.sort()  # who came to it first is chance
            log = log_path(names[0])
            print(f"error: {', '.join(names)}: {reason} (all of it: {log})", file=sys.stderr)
        left_out = self._schedule.left_out
        rest = f", {len(left_out)} that need them did not run" if left_out else ""
        print(
            f"{ran}, {len(self._lines)} failed{rest}; mend what they say "
            "and run `breakeven run` again: what is done is kept",
            file=sys.stderr,
        )
        raise AlreadyReportedError(max(ended.exit_code for ended in self._lines.values()))
