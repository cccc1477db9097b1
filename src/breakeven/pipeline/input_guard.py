"""A stage runs on what DVC was told of, or not at all.

`inputs` says at the start of `dvc repro` what every cell depends on. Hours later a file, a value or
a module can be another one; running on it would keep the new result under the old digest, where
DVC's run cache finds it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import read_json
from breakeven.params import load_params
from breakeven.pipeline.code import stage_code
from breakeven.pipeline.inputs import ALWAYS_RUN, CELLS, CODE
from breakeven.pipeline.reads import cell_reads

_CHANGED = "has changed since this run began; run it again"


@contextmanager
def guard_inputs(stage: str, cell: Sequence[str | int]) -> Iterator[None]:
    """Run a stage's body on inputs that are those in `inputs/`, before and after.

    Code is looked at before only: what was imported stays as it was.

    Raises:
        InputError: a module, a value of params.yaml or a file that it names is another one.
    """
    params = load_params()
    expected = cell_reads(params, stage, cell) if stage not in ALWAYS_RUN else None
    if expected is None:
        yield
        return
    _require_same(read_json(CODE / f"{stage}.json"), stage_code(stage))
    recorded = read_json(CELLS / stage / expected.name)
    now = expected.as_json()
    _require_same(recorded["params"], now["params"], "params.yaml: ")
    _require_same(recorded["files"], now["files"])
    yield
    # Of files alone, and by the params as they were: what was read of params.yaml is in memory.
    after = cell_reads(params, stage, cell)
    _require_same(recorded["files"], after.files if after else {})


def _require_same(recorded: Mapping[str, Any], now: Mapping[str, Any], where: str = "") -> None:
    changed = [name for name in {**recorded, **now} if recorded.get(name) != now.get(name)]
    if changed:
        raise InputError(f"{where}{changed[0]}: {_CHANGED}")
