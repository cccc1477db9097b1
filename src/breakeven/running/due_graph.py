"""The due part of DVC's graph: which cells may begin, and what DVC is told when they have ended.

Each step is the one that `dvc repro` takes for a stage, so that `dvc.lock`, cache and run cache are
the same. Only the lock, which DVC writes anew for every stage, is written for several at a time,
and never in part.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from breakeven.core.errors import BreakevenError
from breakeven.core.exits import machine_error_of
from breakeven.core.files import write_text
from breakeven.params import Params
from breakeven.pipeline.inputs import ALWAYS_RUN
from breakeven.pipeline.lock import LOCK
from breakeven.pipeline.status import repository_status, told_repository
from breakeven.running.cell import Cell, read_cell

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

_INPUTS = "inputs"


@contextmanager
def due_graph(params: Params) -> Iterator["DueGraph"]:
    """The due cells; nobody else runs DVC here until the block ends.

    Raises:
        MachineError: DVC, or another run, is at work.
        InputError: this is not the project's root, or DVC cannot read `dvc.yaml`.
    """
    from dvc.repo import lock_repo

    with told_repository(params) as repo, lock_repo(repo):
        graph = DueGraph(repo)
        try:
            yield graph
        finally:
            graph.write_lock()


class DueGraph:
    """Cells that are due or may become so, in DVC's order, and what each of them reads."""

    def __init__(self, repo: "Repo") -> None:
        from dvc.repo.reproduce import get_active_graph, plan_repro

        self._repo = repo
        status = repository_status(repo)
        names = {one.cell for one in status.due} | {*status.after} | ALWAYS_RUN
        graph = get_active_graph(repo.index.graph)
        order = [stage.addressing for stage in plan_repro(graph)]
        self._lock = _LockFile(order)
        stages = {stage.addressing: stage for stage in graph}
        self._stages: dict[str, PipelineStage] = {
            name: stages[name] for name in order if name in names and not stages[name].frozen
        }
        cells = {name: read_cell(name, str(stage.cmd)) for name, stage in self._stages.items()}
        self._unwritten: list[PipelineStage] = []
        self._begun: set[str] = set()
        if written := cells.pop(_INPUTS, None):  # already, for DVC to be asked
            self.end(written)
        self.cells = cells
        self.reads = {
            name: frozenset(
                one.addressing for one in graph.successors(stage) if one.addressing in cells
            )
            for name, stage in self._stages.items()
            if name in cells
        }

    def begin(self, cell: Cell) -> bool:
        """Clear the way for a cell; False where it need not run, its outputs being there.

        One that has begun and was lost has to run, however often it is asked.

        Raises:
            BreakevenError: what it reads is gone, or the disk lets nothing be removed or written.
        """
        with _in_one_line():
            return self._begin(cell)

    def _begin(self, cell: Cell) -> bool:
        from dvc.stage.cache import RunCacheNotFoundError

        stage = self._stages[cell.name]
        self._repo._reset()  # what DVC has seen of the folder has changed since
        if cell.name in self._begun:
            # DVC now knows what it reads, beside the outputs of its last run: asked again, it would
            # take the ones for made of the other.
            stage.remove_outs(ignore_remove=False, force=False)
            return True
        if not stage.changed():
            return False
        stage.remove_outs(ignore_remove=False, force=False)
        try:
            self._repo.stage_cache.restore(stage)
        except RunCacheNotFoundError:
            stage.save_deps()
            self._begun.add(cell.name)
            return True
        self.end(cell)
        return False

    def end(self, cell: Cell) -> None:
        """Take a cell's outputs into DVC's cache.

        Raises:
            BreakevenError: one of them is not there, or the disk takes nothing more.
        """
        stage = self._stages[cell.name]
        self._repo._reset()
        cached = all(out.use_cache or out.is_metric or out.is_plot for out in stage.outs)
        with _in_one_line():
            stage.save(run_cache=cached)
            stage.commit()
        self._unwritten.append(stage)

    def write_lock(self) -> None:
        """Write into `dvc.lock` what has ended since it was last written."""
        if self._unwritten:
            self._lock.write(self._unwritten)
            self._unwritten = []


@contextmanager
def _in_one_line() -> Iterator[None]:
    """What DVC raises of a stage, as an error of ours, of which others run on."""
    from dvc.exceptions import DvcException

    try:
        yield
    except (DvcException, OSError) as error:
        # DVC's own words name no file where the disk is why.
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        line = machine_error_of(cause)
        raise line or BreakevenError(" ".join(str(error).split())) from error


class _LockFile:
    """`dvc.lock` while nobody else may write it: in DVC's form, but whole at every moment."""

    def __init__(self, order: list[str]) -> None:
        from dvc.utils.serialize import load_yaml

        self._tree = load_yaml(LOCK.as_posix()) if LOCK.is_file() else {"schema": "2.0"}
        entries = self._tree.setdefault("stages", {})
        # New entries stand in the order in which `dvc repro` would have run them.
        self._order = [*entries, *(name for name in order if name not in entries)]

    def write(self, stages: "list[PipelineStage]") -> None:
        from dvc.stage.serialize import to_lockfile
        from dvc.utils.serialize import dumps_yaml

        entries = self._tree["stages"]
        for stage in stages:
            entries |= to_lockfile(stage)
        self._tree["stages"] = {name: entries[name] for name in self._order if name in entries}
        write_text(LOCK, dumps_yaml(self._tree))
