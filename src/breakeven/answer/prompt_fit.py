"""Every prompt of a study, rendered before anything is trained: an answer has to fit beside it.

The answer stage looks again. Here it is asked early, as a study that it refuses has been trained in
vain by then.
"""

from pathlib import Path

from breakeven.answer.task_prompts import render_tasks
from breakeven.core.layout import base_folder
from breakeven.params import FolderBase, HubBase, Params


def check_prompts_fit(params: Params) -> None:
    """Render the prompts of every student whose base is on this machine, as the answer stage does.

    Raises:
        InputError: as `render_tasks`.
    """
    from breakeven.models.loading import load_tokenizer

    for student in params.students:
        folder = base_here(params, student)
        if folder is not None:
            render_tasks(params, student, folder, load_tokenizer(folder))


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
