"""What the `base` stage does: find a student's base, or train it from nothing."""

import importlib.metadata
import shutil
from dataclasses import asdict, replace
from pathlib import Path

from breakeven.core.files import atomic_folder, atomic_path, digest_path
from breakeven.core.layout import base_folder
from breakeven.core.records import Record, versions
from breakeven.core.scratch import scratch_folder
from breakeven.costs.architecture import Architecture
from breakeven.costs.families import architecture_from_config
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.disk_space import folder_bytes, require_free_bytes
from breakeven.models.loading import checked_folder
from breakeven.models.memory_check import require_memory, require_pretraining_memory
from breakeven.models.parameter_count import count_parameters
from breakeven.models.pointer import BasePointer, base_weights_folder, write_pointer
from breakeven.models.template_check import check_template
from breakeven.models.weight_checks import check_weights
from breakeven.params import FolderBase, GgufBase, HubBase, Params, ScratchBase
from breakeven.params.references import pick_row
from breakeven.pipeline.code import code_digest
from breakeven.pipeline.reads import params_digest

# What pre-training runs that decides its weights.
_PRETRAINING_CODE = ("base/", "models/checkpoint.py", "models/sharding.py", "procedural/")
_TRAINED_BEFORE = {"flops.train": "the base was trained before this study"}


def run(params: Params, student: str) -> None:
    """Write the pointer to a student's base, its weights where they are trained here, a record.

    Raises:
        InputError: a base is missing, holds no safetensors, is no language model, has a chat
            template that cannot be learnt with, or weights that are not those of its config.json.
        MachineError: it cannot be trained in this machine's memory (before it is downloaded),
            the disk is too full, or the hub cannot be reached.
    """
    base = pick_row(params.students, "students", student).base
    if isinstance(base, FolderBase):
        record = _found(params, student, base)
    elif isinstance(base, GgufBase):
        record = _converted(params, student, base)
    elif isinstance(base, HubBase):
        record = _downloaded(params, student, base)
    else:
        record = _trained(params, student, base)
    replace(record, part=params_digest(params, "base", student)).write()


def _absent(shape: Architecture | str) -> dict[str, str]:
    """Why figures are missing; where the shape is not known, what its memory would be is not."""
    return _TRAINED_BEFORE | ({"shape": shape} if isinstance(shape, str) else {})


def _found(params: Params, student: str, base: FolderBase) -> Record:
    folder = checked_folder(Path(base.path), f"params.yaml: students.{student}.base.path")
    shape = known_architecture(folder)
    require_memory(params, student, shape)
    check_template(folder, f"params.yaml: students.{student}.base.path")
    check_weights(folder)
    digest = digest_path(folder)
    write_pointer(student, BasePointer("folder", base.path, digest))
    return Record(
        stage="base",
        cell={"student": student},
        parameters={"kind": "folder", "path": base.path},
        metrics={"parameters": count_parameters(folder, shape)},
        inputs={base.path: digest},
        absent=_absent(shape),
        versions=versions(),
    )


def _downloaded(params: Params, student: str, base: HubBase) -> Record:
    from breakeven.models.hub import download, find_hub_model, hub_architecture

    key = f"params.yaml: students.{student}.base"
    model = find_hub_model(base, key)
    shape = hub_architecture(model, key)
    require_memory(params, student, shape)
    # The memory was asked for above, from the shape alone, before gigabytes are fetched in vain.
    snapshot = download(model, key, lambda folder: check_template(folder, key))
    check_weights(snapshot.folder)
    # Kept beside the pointer: scoring counts FLOPs from it and needs no weights.
    with atomic_path(base_folder(student) / "config.json") as temporary:
        shutil.copyfile(snapshot.folder / "config.json", temporary)
    pointer = BasePointer(
        "hub", "", snapshot.digest, model.repo, model.commit, dict(snapshot.sha256)
    )
    write_pointer(student, pointer)
    return Record(
        stage="base",
        cell={"student": student},
        parameters={**base.model_dump(mode="json"), "commit": model.commit},
        metrics={
            "parameters": count_parameters(snapshot.folder, shape),
            "bytes": model.bytes,
        },
        inputs={pointer.name: snapshot.digest},
        absent=_absent(shape),
        details={"sha256": dict(snapshot.sha256)},
        versions=versions(),
    )


def _converted(params: Params, student: str, base: GgufBase) -> Record:
    from breakeven.models.gguf import converted_gguf, write_licence

    converted = converted_gguf(base, f"params.yaml: students.{student}.base")
    source, weights = converted.source, base_weights_folder(student)
    shape = known_architecture(converted.folder)
    require_memory(params, student, shape)
    check_template(converted.folder, f"params.yaml: students.{student}.base")
    require_free_bytes(weights, folder_bytes(converted.folder), f"the base of {student}")
    # Copied, for DVC versions the weights with the study; the conversion in scratch may go.
    with atomic_folder(weights) as temporary:
        shutil.copytree(converted.folder, temporary, dirs_exist_ok=True)
    write_licence(source, base, converted.details, base_folder(student) / "licence")
    write_pointer(student, BasePointer("gguf", weights.as_posix(), converted.digest))
    return Record(
        stage="base",
        cell={"student": student},
        parameters={"kind": "gguf", "package": base.package, "license": base.license},
        metrics={"parameters": count_parameters(converted.folder, shape)},
        inputs={f"{source.package} {source.version}: {source.name}": source.sha256},
        outputs={weights.as_posix(): converted.digest},
        absent=_absent(shape),
        details=converted.details,
        versions={**versions(), "gguf": importlib.metadata.version("gguf")},
    )


def _trained(params: Params, student: str, base: ScratchBase) -> Record:
    from breakeven.base.pretraining import PretrainingSettings, pretrain
    from breakeven.base.tabletop_shapes import Qwen2Shape, qwen2_config
    from breakeven.models.loading import load_tokenizer

    shape = Qwen2Shape(base.hidden, base.layers, base.heads, base.kv_heads, base.intermediate)
    settings = PretrainingSettings(
        tokens=base.tokens, learning_rate=base.learning_rate, seed=base.seed
    )
    check_template(Path(base.tokenizer), f"params.yaml: students.{student}.base.tokenizer")
    tokenizer = load_tokenizer(Path(base.tokenizer))
    config = qwen2_config(shape, tokenizer).to_dict()
    architecture = architecture_from_config(config, f"params.yaml: students.{student}.base")
    require_pretraining_memory(student, architecture, settings.batch_rows * settings.row_tokens)
    require_memory(params, student, architecture)
    tokenizer_digest = digest_path(Path(base.tokenizer) / "tokenizer.json")
    key = {
        "shape": shape,
        "settings": settings.as_dict(),
        "tokenizer": tokenizer_digest,
        "code": code_digest(["base/pretraining.py"], _PRETRAINING_CODE),
    }
    # Other versions draw and round otherwise: a checkpoint of theirs is not gone on from.
    scratch = scratch_folder("base", {**key, "versions": versions()})
    weights = base_weights_folder(student)
    result = pretrain(
        shape,
        tokenizer,
        settings,
        scratch=scratch,
        out=weights,
        threads=params.training.threads or 1,
        label=f"base {student}",
    )
    digest = digest_path(weights)
    write_pointer(student, BasePointer("scratch", weights.as_posix(), digest))
    return Record(
        stage="base",
        cell={"student": student},
        parameters={"kind": "scratch", "shape": shape._asdict(), "settings": asdict(settings)},
        metrics={"parameters": result.parameters, "final_loss": result.final_loss},
        series={"loss": result.losses},
        tokens={"train": result.tokens},
        flops={"train": result.train_flops},
        device_seconds={"cpu": result.device_seconds},
        outputs={weights.as_posix(): digest},
        versions=versions(),
    )
