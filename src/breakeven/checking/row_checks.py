"""What a row that is about to be added names, looked at as the whole study would be."""

from collections.abc import Iterator

from breakeven.checking.check import Check, check_params
from breakeven.checking.data_checks import check_sources, check_tasks
from breakeven.checking.decoding_checks import check_decodings
from breakeven.checking.model_checks import check_students
from breakeven.checking.problems import Finding
from breakeven.params.new_row import Kind, NewRow

# An arm and a corpus name rows alone, which the schema has looked for.
_CHECKS: dict[Kind, tuple[Check, ...]] = {
    "student": (check_students, check_decodings),
    "task": (check_tasks,),
    "source": (check_sources,),
    "decoding": (check_decodings,),
}


def check_row(row: NewRow) -> Iterator[Finding]:
    """What a stage would refuse of a row: a file, its rows, a folder, a model, a name.

    Of other rows nothing is said, and texts in the tokens of students are left to a whole check.
    """
    return check_params(row.alone, row.path, _CHECKS.get(row.kind, ()))
