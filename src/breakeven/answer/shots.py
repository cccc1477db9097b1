"""Worked examples for untrained students: training prompts with their references, never test items.

The same examples for every student and every item of a task, so that their tokens are read once.
"""

import random
from collections.abc import Sequence

from breakeven.catalogue.shot_sources import shot_sources
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import prompts_path
from breakeven.params import Params
from breakeven.rendering import Shot
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt


def pick_shots(params: Params, task: str, items: Sequence[Item], count: int) -> tuple[Shot, ...]:
    """`count` examples in the format of a task, drawn with the task's name as the seed.

    They come from the sources of the task's own kind of problem where there are any, from all
    sources otherwise. A prompt whose content is tested, or whose reference has several lines, is
    not used.

    Raises:
        InputError: there are too few such prompts.
    """
    if not count:
        return ()
    form = "choice" if items[0].choices else "open"
    tested = {item.content for item in items}
    usable = [
        prompt
        for source in shot_sources(params, task)
        for prompt in read_rows(prompts_path(source), Prompt)
        if prompt.format == form
        and prompt.content not in tested
        and prompt.reference
        and "\n" not in prompt.reference
    ]
    if len(usable) < count:
        raise InputError(
            f"params.yaml: arms: shots: value is {count}; the sources have {len(usable)} prompts "
            f"in the format {form!r} with a reference of one line for the task {task}; "
            f"use at most {len(usable)}, or add a source"
        )
    # Not with a cell's seed: untrained cells share their answers, whatever the seed.
    drawn = random.Random(f"shots/{task}").sample(usable, count)  # noqa: S311 - no secrets
    return tuple(Shot(prompt.prompt, str(prompt.final_answer)) for prompt in drawn)
