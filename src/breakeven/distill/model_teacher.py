"""What every kind of teacher that is a model brings along, and what they have in common."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path
from breakeven.costs.architecture import Architecture
from breakeven.costs.devices import Device
from breakeven.costs.model_shapes import bundled_architectures, load_architecture
from breakeven.distill.journal import Reply, prompt_digest
from breakeven.distill.reply_parts import CountTokens
from breakeven.distill.teacher_prompts import RenderedPrompt, RenderedPrompts, generation_settings
from breakeven.params import HubBase, TeacherStyle, TransformersTeacher, VllmTeacher
from breakeven.rows.prompt import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

KEY = "params.yaml: teacher"


class KeepReplies(NamedTuple):
    """Where replies go: `keep` takes each, and after `settle` all that it took are on the disk.

    What was kept survives a kill at once, and a loss of power when it is settled.
    """

    keep: Callable[[Reply], None]
    settle: Callable[[], None]


# Completes prompts, at least one, hands on each reply as soon as it is there, and has it settled
# before the next prompt is paid for in its place.
CompletePrompts = Callable[[Sequence[Prompt], KeepReplies], None]


class ModelTeacher(NamedTuple):
    """A teacher that is a model, made to answer in one style.

    `key` holds all that decides its replies beside the prompts. `architecture` is the shape, or why
    it is not known. `device` is where it runs, None where nobody here can tell; `devices` says how
    many. `unmeasured` has the reasons of figures that its record cannot have.
    """

    key: Mapping[str, Any]
    complete: CompletePrompts
    count_tokens: CountTokens | None
    architecture: Architecture | str
    device: Device | None = None
    devices: int = 1
    unmeasured: Mapping[str, str] = {}


class LocalModel(NamedTuple):
    """A model that runs here: its folder, its identity in keys, its tokenizer."""

    folder: Path
    identity: Mapping[str, Any]
    tokenizer: "PreTrainedTokenizerBase"


def teacher_style(teacher: Any, style: str) -> TeacherStyle:  # noqa: ANN401 - every teacher with styles
    """How the teacher is made to answer in that style."""
    found: TeacherStyle = getattr(teacher.styles, style)
    return found


def load_local_model(teacher: VllmTeacher | TransformersTeacher) -> LocalModel:
    """Find the model of a teacher that runs here; raises InputError where there is none."""
    from breakeven.models.loading import load_tokenizer
    from breakeven.models.weights import weights_folder

    folder = weights_folder(teacher.model, f"{KEY}.model")
    if isinstance(teacher.model, HubBase):
        # A snapshot's folder is named by its commit; its weights can be too large to read here.
        commit = folder.name if re.fullmatch(r"[0-9a-f]{40}", folder.name) else None
        identity = {"repo": teacher.model.repo, "revision": commit or teacher.model.revision}
    else:
        identity = {"digest": digest_path(folder)}
    return LocalModel(folder, identity, load_tokenizer(folder))


def local_key(
    settings: VllmTeacher | TransformersTeacher, local: LocalModel, dtype: str, style: TeacherStyle
) -> dict[str, Any]:
    """The key of a teacher that runs here.

    The engine's version is not in it: completions are data and no measurement of the engine, and
    an upgrade must not pay again for what a study pays most for.
    """
    return {
        "kind": settings.kind,
        "model": local.identity,
        "dtype": dtype,
        "seed": settings.seed,
        "style": generation_settings(style),
    }


def named_architecture(name: str | None, model: str) -> Architecture | str:
    """The shape that `name` or else the model's own name leads to, or why it is not known.

    Raises InputError where `name` is given and leads nowhere.
    """
    if name is not None:
        try:
            return load_architecture(name)
        except InputError as error:
            raise InputError(f"{KEY}.architecture: {error}") from error
    if model.lower() in bundled_architectures():
        return load_architecture(model)
    return f"{KEY}.architecture is not given and {model!r} is not in the bundled table"


def reply_from_ids(
    rendered: RenderedPrompts,
    prompt: RenderedPrompt,
    ids: Sequence[int],
    stop: str,
    device_seconds: float,
) -> Reply:
    """The reply in generated token ids, the end token included where the teacher ended itself."""
    from breakeven.rendering import split_generated

    parts = split_generated(rendered.tokenizer, ids, opened=rendered.opened)
    return Reply(
        prompt=prompt_digest(prompt.prompt),
        content=parts.text,
        reasoning=None,
        stop=stop,
        prompt_tokens=len(prompt.ids),
        completion_tokens=len(ids),
        thinking_tokens=len(parts.thinking_ids),
        opened=rendered.opened,
        device_seconds=device_seconds,
    )
