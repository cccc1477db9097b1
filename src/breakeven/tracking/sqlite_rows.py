"""Reading MLflow's SQLite file without MLflow, whose import takes seconds."""

import sqlite3
from contextlib import closing
from pathlib import Path

from breakeven.core.errors import InputError, MachineError

_WAIT_SECONDS = 20.0


def read_rows(
    database: Path, query: str, values: tuple[str, ...] = ()
) -> list[tuple[str | None, ...]]:
    """Rows of a query; waits up to 20 s for a writer.

    Raises:
        InputError: the file is none of SQLite, or damaged.
        MachineError: a writer holds it for longer, or the disk is read-only.
    """
    # Not mode=ro: after a kill in mid-write, the first reader has to roll the journal back.
    address = f"{database.as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        raise MachineError(
            f"{database}: {error}; is the disk writable, another run busy? The records are whole: "
            "`dvc repro track` catches up"
        ) from error
    except sqlite3.DatabaseError as error:
        raise no_database(database) from error


def no_database(database: Path) -> InputError:
    """The error where a file is none of MLflow's."""
    return InputError(
        f"{database}: not a database of MLflow; move it away and run this again: the records are "
        "whole, and the runs are made of them"
    )
