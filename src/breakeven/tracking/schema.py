"""The schema of MLflow's database: one that an older MLflow left is brought up to date.

MLflow refuses such a file and names a command. It may hold runs that nothing here can make again,
so that it is copied before that command is run.
"""

import importlib.util
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from breakeven.core.errors import MachineError
from breakeven.tracking.sqlite_rows import read_rows


def older_schema(database: Path) -> str | None:
    """The revision of the schema where the installed MLflow has later ones; None elsewhere.

    One that it does not know is of a later MLflow, or of none: MLflow itself says so.
    """
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    ((revision,),) = read_rows(database, "select version_num from alembic_version") or [(None,)]
    mlflow = importlib.util.find_spec("mlflow")
    assert mlflow is not None
    assert mlflow.origin is not None
    scripts = ScriptDirectory(str(Path(mlflow.origin).parent / "store/db_migrations"))
    if revision is None or revision == scripts.get_current_head():
        return None
    try:
        scripts.get_revision(revision)
    except CommandError:
        return None
    return revision


def upgrade(database: Path, revision: str) -> None:
    """Bring the file up to date, the older one kept beside it as `<name>.<revision>`.

    Raises:
        MachineError: MLflow cannot; the copy is whole.
    """
    kept = database.with_name(f"{database.name}.{revision}")
    # Not a copy of the file: another process may be writing.
    with closing(sqlite3.connect(database)) as old, closing(sqlite3.connect(kept)) as copy:
        old.backup(copy)
    done = subprocess.run(  # noqa: S603 - MLflow's own command
        [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{database}"],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1][:300]
        raise MachineError(
            f"{database}: MLflow cannot upgrade it from schema {revision}: {last}; as it was, it "
            f"is in {kept}; move both away, and `dvc repro track` makes the runs again"
        )
    print(f"{database}: upgraded for this MLflow; as it was, it is in {kept}", file=sys.stderr)
