"""Items of reasoning-gym, graded by their data set's own scorer."""

from breakeven.core.errors import InputError
from breakeven.grading.boxes import last_box
from breakeven.gym.scoring import full_marks
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

# What is longer is no answer to a question of reasoning-gym, whatever it is.
_LONGEST = 100_000


def grade_gym(answer: str, item: Item) -> Grade:
    """Grade an answer, or what its last box holds, by the scorer of the item's data set.

    Raises:
        InputError: the item does not carry the entry that its scorer needs.
    """
    said = last_box(answer) or answer.strip()
    if not said or len(said) > _LONGEST:
        return UNPARSED
    try:
        dataset, config, entry = (item.meta[key] for key in ("dataset", "config", "entry"))
    except KeyError as error:
        raise InputError(
            f"item {item.id} of {item.task}: meta: no {error}; the grader gym is for tasks of "
            f"kind reasoning-gym"
        ) from error
    # A scorer tells no wrong answer from an unreadable one: whatever it was given counts as parsed.
    return parsed_grade(full_marks(dataset, config, entry, said), said)
