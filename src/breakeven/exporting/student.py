"""A trained student as a model of the hub: adapter or weights, tokenizer, results, and a card."""

import shutil
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.answer.cell_weights import ADAPTER, cell_weights, check_cell, copy_weights
from breakeven.core.errors import InputError
from breakeven.core.files import folder_files, iter_rows, read_json, write_json, write_text
from breakeven.core.layout import student_folder, task_path
from breakeven.core.records import read_record
from breakeven.exporting.accuracies import (
    cell_accuracies,
    leaderboard_entries,
    scored_study,
)
from breakeven.exporting.licences import TERMS_FOLDER, Licence, base_licence
from breakeven.exporting.new_folder import new_folder
from breakeven.exporting.student_card import Exported, write_student_card
from breakeven.exporting.tokenizer_use import save_tokenizer
from breakeven.models.loading import load_tokenizer
from breakeven.models.pointer import BasePointer, read_verified_pointer
from breakeven.models.saved_weights import let_others_read
from breakeven.params import Params
from breakeven.params.cells import Asking, Cell, first_decoding, resolve_asking, resolve_cell
from breakeven.params.references import pick_row
from breakeven.params.training import Method
from breakeven.rendering import end_token_ids
from breakeven.rows.item import Item
from breakeven.study.collect_costs import record_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What transformers' `generate` knows of a decoding, by its names there.
_GENERATION = ("top_k", "min_p", "repetition_penalty")
_PROMPTS_OF_A_TASK = 20


def export_student(params: Params, cell: Cell, folder: Path, *, merged: bool = False) -> Exported:
    """Write what a cell has learnt so that transformers, or peft on its base, loads it.

    An adapter names its base by repository and commit where it is one of the hub. With `merged` it
    is put into the base's weights, as the study did to answer.

    Raises:
        InputError: there is no such cell, it trained nothing, what it trained is missing or not as
            it was written, or `folder` exists.
        MachineError: a base of the hub is neither here nor to be had.
    """
    if cell.seed not in params.seeds:
        seeds = ", ".join(map(str, params.seeds))
        raise InputError(f"--seed: value is {cell.seed}; params.yaml has {seeds}")
    base = pick_row(params.students, "students", cell.student).base
    resolved = resolve_cell(params, cell)
    if resolved.training is None:
        raise InputError(
            f"{cell.student} {cell.arm} trained nothing, and its base is not this study's to "
            "export; name an arm that is trained"
        )
    trained, record = student_folder(*cell), read_record("train", *cell)
    check_cell(trained, resolved.method)
    pointer = read_verified_pointer(cell.student)
    base_record = read_record("base", cell.student)
    licence = base_licence(base, cell.student, pointer, base_record)
    scored = scored_study(params)
    found = () if scored is None else tuple(cell_accuracies(scored, cell))
    asking = resolve_asking(params, cell.arm, first_decoding(params))
    tokenizer = load_tokenizer(Path(pointer.path))
    with new_folder(folder) as made:
        if merged and resolved.method != "full":
            _write_merged(cell, pointer, resolved.method, made)
        else:
            _copy_weights(trained, pointer, made)
        _write_generation(tokenizer, asking, made)
        use = save_tokenizer(tokenizer, made, _some_prompts(params))
        exported = Exported(
            cell, resolved, record, pointer, base_record, licence, asking, use, found, merged
        )
        _copy_terms(licence, made)
        _write_results(params, exported, made)
        write_student_card(params, exported, made)
    return exported


def _copy_weights(trained: Path, pointer: BasePointer, made: Path) -> None:
    for file in folder_files(trained):
        shutil.copyfile(file, made / file.relative_to(trained))
    adapter = made / ADAPTER
    if adapter.is_file():
        # As it was trained it names a folder of this machine.
        place = {
            "base_model_name_or_path": pointer.repo or pointer.path,
            "revision": pointer.commit,
        }
        write_json(adapter, {**read_json(adapter), **place})


def _write_merged(cell: Cell, pointer: BasePointer, method: Method, made: Path) -> None:
    """Write all weights of an adapted base, in the number format that the study answered in."""
    from breakeven.models.loading import load_base, torch_dtype

    answering = record_of("answer", cell.student)
    # Nobody has answered yet: the format that holds every other one.
    placement = {} if answering is None else answering.details.get("placement", {})
    model = load_base(Path(pointer.path), torch_dtype(placement.get("dtype", "float32")))
    with cell_weights(model, copy_weights(model), student_folder(*cell), method) as student:
        student.save_pretrained(made)
    let_others_read(made)


def _some_prompts(params: Params) -> list[str]:
    """The first questions of each task that is here, and one that always is."""
    rows = (
        islice(iter_rows(task_path(task), Item), _PROMPTS_OF_A_TASK)
        for task in params.tasks
        if task_path(task).is_file()
    )
    return ["What is 2 + 2?\n\nSay it.", *(item.prompt for task in rows for item in task)]


def _write_generation(tokenizer: "PreTrainedTokenizerBase", asking: Asking, made: Path) -> None:
    """How the study made its answers, for `generate`.

    A base's own file may sample, penalise, or go on behind the end of a reply.
    """
    decoding = asking.decoding
    ends = sorted(end_token_ids(tokenizer))
    sampler: dict[str, Any] = {"do_sample": False}
    if decoding.temperature > 0:
        named = {name: getattr(decoding, name) for name in _GENERATION}
        # Left out, `generate` would keep the 50 likeliest tokens.
        sampler = {
            "do_sample": True,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "top_k": 0,
            **{name: value for name, value in named.items() if value is not None},
        }
    elif decoding.repetition_penalty is not None:
        sampler["repetition_penalty"] = decoding.repetition_penalty
    special = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": ends[0] if len(ends) == 1 else ends,
        "pad_token_id": tokenizer.pad_token_id,
        "max_new_tokens": asking.max_new_tokens,
    }
    told = {name: value for name, value in special.items() if value is not None}
    write_json(made / "generation_config.json", {**told, **sampler})


def _copy_terms(licence: Licence, made: Path) -> None:
    if licence.files:
        (made / TERMS_FOLDER).mkdir()
    for file in licence.files:
        shutil.copyfile(file, made / TERMS_FOLDER / file.name)


def _write_results(params: Params, exported: Exported, made: Path) -> None:
    """`.eval_results/`, which the hub puts on the leaderboards of benchmarks.

    A control is no model that anybody would look for there.
    """
    if not exported.found or exported.resolved.control:
        return
    import yaml

    for task, entries in leaderboard_entries(params, exported.found[0]).items():
        text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
        write_text(made / ".eval_results" / f"{task}.yaml", text)
