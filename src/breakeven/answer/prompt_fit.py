"""Every prompt of a study, rendered before anything is trained: an answer has to fit beside it.

And an answer has to fit behind a trace that a budget of thinking closes.

The answer stage looks again. Here it is asked early, as a study that it refuses has been trained in
vain by then.
"""

from pathlib import Path

from breakeven.answer.task_prompts import render_tasks
from breakeven.core.layout import base_folder
from breakeven.decoding.budget import budget_of_task
from breakeven.params import FolderBase, HubBase, Params
from breakeven.params.cells import Asking, arms_of, decodings_of, resolve_asking


def check_prompts_fit(params: Params) -> None:
    """Render the prompts of every student whose base is on this machine, as the answer stage does.

    Raises:
        InputError: as `render_tasks` and `budget_of_task`.
    """
    from breakeven.models.loading import load_tokenizer

    for student in params.students:
        folder = base_here(params, student)
        if folder is not None:
            tokenizer = load_tokenizer(folder)
            render_tasks(params, student, folder, tokenizer)
            for (decoding, _), (task, asking) in thinking_budgets(params, student).items():
                budget_of_task(tokenizer, decoding, asking, task, opened=False)


def thinking_budgets(params: Params, student: str) -> dict[tuple[str, int], tuple[str, Asking]]:
    """The budgets of thinking that a student is asked within, by decoding and limit of an answer.

    Each with the first task of that limit, and how it is asked.
    """
    found: dict[tuple[str, int], tuple[str, Asking]] = {}
    for arm in arms_of(params, student):
        for name in decodings_of(params, arm):
            for task in params.tasks:
                asking = resolve_asking(params, arm, name, task)
                if asking.decoding.thinking_tokens is not None:
                    found.setdefault((name, asking.max_new_tokens), (task, asking))
    return found


def base_here(params: Params, student: str) -> Path | None:
    """The folder of a student's base, with its configuration and tokenizer; downloads nothing.

    None where it is not on this machine, or has not been made yet.
    """
    base = params.students[student].base
    if isinstance(base, FolderBase):
        folder: Path | None = Path(base.path)
    elif isinstance(base, HubBase):
        from breakeven.models.hub import cached_tokenizer

        folder = cached_tokenizer(base)
    elif (base_folder(student) / "pointer.json").is_file():
        from breakeven.models.pointer import read_pointer

        folder = Path(read_pointer(student).path)
    else:
        folder = None
    return folder if folder is not None and (folder / "config.json").is_file() else None
