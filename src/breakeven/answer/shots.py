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
            f"params.yaml: {shots_key(params, task, count)}: value is {count}; the sources have "
            f"{len(usable)} prompts in the format {form!r} with a reference of one line for the "
            f"task {task}; use at most {len(usable)}, or add a source"
        )
    # Not with a cell's seed: untrained cells share their answers, whatever the seed.
    drawn = random.Random(f"shots/{task}").sample(usable, count)  # noqa: S311 - no secrets
    return tuple(Shot(prompt.prompt, str(prompt.final_answer)) for prompt in drawn)


def shots_key(params: Params, task: str, count: int) -> str:
    """Where in params.yaml a task is asked with so many examples: its own row, else that of arms.

    Several arms may ask for as many, which are the same ones.
    """
    own = params.answering.of_task(task)
    if own is not None and own.shots == count:
        return f"answering.by_task.{task}.shots"
    arms = [name for name, arm in params.arms.items() if arm.shots == count]
    return ", ".join(f"arms.{name}.shots" for name in arms)
