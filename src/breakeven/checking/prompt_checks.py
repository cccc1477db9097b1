"""Whether each prompt can be read and leaves an answer its limit, where no network is needed.

Prompts that no stage has written yet are made for the check: the rule is the answer stage's own,
which reads them from files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from breakeven.checking.problems import Finding, refused, wrong
from breakeven.core.errors import BreakevenError
from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import prompts_path, record_path, task_path
from breakeven.core.records import read_record
from breakeven.params import (
    GymSource,
    GymTask,
    JsonlSource,
    JsonlTask,
    Params,
    ProceduralSource,
    ProceduralTask,
)
from breakeven.params.cells import arms_of
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Rows = Sequence[Item] | Sequence[Prompt]


def check_prompts(params: Params) -> Iterator[Finding]:
    """Render what is known of every student's prompts, with their examples, and read it.

    A base or a row that cannot be read is told of by itself, and so is a limit that fills a context
    before any prompt is in it.
    """
    from breakeven.answer.prompt_fit import base_here

    bases = {
        name: folder
        for name in params.students
        if (folder := base_here(params, name)) and not _is_filled(params, folder)
    }
    if not bases:
        return
    prompts = cache(partial(_prompts, params))
    known = _known_prompts(params, prompts)
    items = {f"tasks.{name}": files[task_path(name)] for name, files in known.items()}
    alike = _alike(params, bases)
    firsts = {names[0]: bases[names[0]] for names in alike}
    yield from _check_characters(firsts, {**items, **_learnt_prompts(params, prompts)})
    if not known:
        return
    tasks = {task: params.tasks[task] for task in known}
    asked = params.model_copy(update={"tasks": tasks})
    absolute = {name: folder.resolve() for name, folder in bases.items()}
    with TemporaryDirectory() as made, chdir(made):
        for files in known.values():
            for path, rows in files.items():
                if not path.exists():
                    write_rows(path, rows)
        # Collected before the folder is left: a generator would go on elsewhere.
        found = [one for names in alike for one in _render_alike(asked, names, absolute)]
    yield from found


def _alike(params: Params, bases: Mapping[str, Path]) -> Sequence[Sequence[str]]:
    """Students in groups that read the same tokens, in a context and for arms that are the same."""
    from breakeven.models.context import context_length
    from breakeven.models.same_tokens import reading_of

    groups: dict[object, list[str]] = {}
    for name, folder in bases.items():
        key = (reading_of(folder), context_length(folder), *arms_of(params, name))
        groups.setdefault(key, []).append(name)
    return list(groups.values())


def _render_alike(
    params: Params, names: Sequence[str], folders: Mapping[str, Path]
) -> Iterator[Finding]:
    """What the first of some alike students is refused; then each of them is, by its name."""
    first = list(_render(params, names[0], folders[names[0]]))
    yield from first
    for name in names[1:] if first else ():
        yield from _render(params, name, folders[name])


def _check_characters(bases: Mapping[str, Path], rows: Mapping[str, Rows]) -> Iterator[Finding]:
    """Prompts with characters for which a student's tokenizer has no tokens.

    The student would read the same token for all of them. Completions that cannot be written are
    refused where they are learnt.
    """
    from breakeven.rendering.encoding import encode_texts

    for student, folder in bases.items():
        tokenizer = _tokenizer(folder)
        unread = None if tokenizer is None else tokenizer.unk_token_id
        if unread is None:
            continue
        encode = partial(encode_texts, tokenizer)
        for key, asked in rows.items():
            prompts = [row.prompt for row in asked]
            with suppress(BreakevenError):  # told where the prompts are rendered
                held = [
                    text
                    for text, ids in zip(prompts, encode(prompts), strict=True)
                    if unread in ids
                ]
                if held:
                    letters = list(dict.fromkeys("".join(held)))
                    known = zip(letters, encode(letters), strict=True)
                    first = next((repr(one) for one, ids in known if unread in ids), "a sequence")
                    yield wrong(
                        key,
                        f"{len(held)} of {len(prompts)} prompts hold characters that student "
                        f"{student} has no tokens for, first {first}; remove them or use a student "
                        "whose tokenizer has them",
                    )


def _learnt_prompts(params: Params, prompts: Callable[[str], Rows | None]) -> Mapping[str, Rows]:
    """The prompts of each source that a corpus names, where they can be had."""
    found = {}
    for name in dict.fromkeys(name for row in params.corpora.values() for name in row.sources):
        with suppress(Exception):  # told by the checks of sources, in one line
            rows = prompts(name)
            if rows is not None:
                found[f"sources.{name}"] = rows
    return found


def _tokenizer(folder: Path) -> "PreTrainedTokenizerBase | None":
    from breakeven.models.loading import load_tokenizer

    with suppress(Exception):  # told by the checks of students, in one line
        return load_tokenizer(folder)
    return None


def _is_filled(params: Params, folder: Path) -> bool:
    from breakeven.models.context import context_length

    context = context_length(folder)
    answering = params.answering
    return context is not None and any(
        answering.limit(decoding, task) >= context
        for decoding in answering.decodings
        for task in params.tasks
    )


def _render(params: Params, student: str, folder: Path) -> Iterator[Finding]:
    from breakeven.answer.task_prompts import render_tasks
    from breakeven.models.template_check import render_template

    tokenizer = _tokenizer(folder)
    try:
        render_template(folder)
    except Exception:  # told by the checks of students, in one line
        return
    if tokenizer is None:
        return
    yield from refused(
        f"students.{student}", partial(render_tasks, params, student, folder, tokenizer)
    )


def _known_prompts(
    params: Params, prompts: Callable[[str], Rows | None]
) -> Mapping[str, Mapping[Path, Rows]]:
    """The items of each task with the prompts that its examples are drawn from, by their files."""
    shown = any(arm.shots for arm in params.arms.values())
    found = {}
    for task in params.tasks:
        # What goes wrong is told by the checks of sources and tasks, in one line.
        with suppress(Exception):
            files = _files_of(params, task, prompts if shown else None)
            known = {path: rows for path, rows in files.items() if rows is not None}
            if len(known) == len(files):
                found[task] = known
    return found


def _files_of(
    params: Params, task: str, prompts: Callable[[str], Rows | None] | None
) -> Mapping[Path, Rows | None]:
    from breakeven.catalogue.shot_sources import shot_sources

    items = {task_path(task): _items(params, task)}
    if prompts is None:
        return items
    shown = {prompts_path(source): prompts(source) for source in shot_sources(params, task)}
    return {**items, **shown}


def _items(params: Params, task: str) -> Sequence[Item] | None:
    """A task's items as its stage makes or has made them; None where only the network has them."""
    row = params.tasks[task]
    if isinstance(row, ProceduralTask | JsonlTask | GymTask):
        from breakeven.tasks.task_items import load_items

        return load_items(task, row)
    return read_rows(task_path(task), Item) if _is_made(params, "tasks", task) else None


def _prompts(params: Params, source: str) -> Sequence[Prompt] | None:
    row = params.sources[source]
    if isinstance(row, ProceduralSource | JsonlSource | GymSource):
        from breakeven.prompts.source_prompts import load_prompts

        return load_prompts(source, row)
    return read_rows(prompts_path(source), Prompt) if _is_made(params, "prompts", source) else None


def _is_made(params: Params, stage: str, row: str) -> bool:
    """Whether a stage wrote its file from this params.yaml: another study may lie here."""
    from breakeven.pipeline.reads import params_digest

    if not record_path(stage, row).is_file():
        return False
    return read_record(stage, row).part == params_digest(params, stage, row)
