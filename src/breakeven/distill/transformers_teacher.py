"""A teacher that runs in this process, by transformers."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError, MachineError
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.costs.model_shapes import known_architecture
from breakeven.decoding.batching import batches
from breakeven.distill.journal import Reply, prompt_digest
from breakeven.distill.model_teacher import (
    KEY,
    KeepReplies,
    LocalModel,
    ModelTeacher,
    load_local_model,
    local_key,
    reply_from_ids,
    teacher_style,
)
from breakeven.distill.teacher_prompts import (
    RenderedPrompts,
    check_context,
    render_prompts,
)
from breakeven.models.context import context_length
from breakeven.params import Decoding, TeacherStyle, TransformersTeacher
from breakeven.rows.prompt import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from breakeven.decoding.sampling import Choose


def transformers_teacher(settings: TransformersTeacher, style_name: str) -> ModelTeacher:
    """The teacher on the device there is; its weights are loaded when a prompt is to be completed.

    Raises InputError where there is no such model.
    """
    import torch

    style, local = teacher_style(settings, style_name), load_local_model(settings)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = chosen_dtype(settings.dtype, best_dtype(device))

    def complete(prompts: Sequence[Prompt], replies: KeepReplies) -> None:
        key = f"{KEY}.styles.{style_name}"
        rendered = render_prompts(local.tokenizer, style, prompts, key)
        check_context(rendered, style.max_new_tokens, context_length(local.folder))
        with _loaded_model(settings, local, device, dtype, key) as model:
            for batch in _replies(settings, style, model, rendered):
                for reply in batch:
                    replies.keep(reply)
                replies.settle()

    return ModelTeacher(
        key=local_key(settings, local, dtype, style),
        complete=complete,
        count_tokens=None,
        architecture=known_architecture(local.folder),
        device=describe_device(device),
    )


@contextmanager
def _loaded_model(
    settings: TransformersTeacher, local: LocalModel, device: str, dtype: str, key: str
) -> "Iterator[PreTrainedModel]":
    from breakeven.decoding.memory_room import AnswerTooLongError
    from breakeven.models.loading import placed_base

    try:
        with placed_base(
            local.folder, device=device, dtype=dtype, threads=settings.threads
        ) as model:
            yield model
    except FloatingPointError as error:
        raise InputError(
            f"{KEY}.model: the weights give logits that are not numbers in {dtype}; "
            "use another dtype or another model"
        ) from error
    except AnswerTooLongError as error:
        raise MachineError(
            f"{key}.max_new_tokens: {error} does not fit into the memory of {device}; use a lower "
            "one, or a smaller model"
        ) from error


def _replies(
    settings: TransformersTeacher,
    style: TeacherStyle,
    model: "PreTrainedModel",
    rendered: RenderedPrompts,
) -> Iterator[list[Reply]]:
    """Replies batch by batch; a batch shares its seconds between its prompts."""
    from breakeven.decoding.memory_room import MemoryRoom, generate_in_room

    room = MemoryRoom(f"{KEY}.batch_size: value is {settings.batch_size}")
    by_id = {one.prompt.id: one for one in rendered.prompts}
    ids = [(name, one.ids) for name, one in by_id.items()]
    for batch in batches(ids, 1, settings.batch_size):
        started = time.perf_counter()
        asked = [by_id[row.item].prompt for row in batch]
        generations = generate_in_room(
            model,
            [row.prompt for row in batch],
            room,
            limit=style.max_new_tokens,
            end_ids=rendered.end_ids,
            choose_for=partial(_choose, settings, style, asked),
        )
        seconds = (time.perf_counter() - started) / len(batch)
        stops = ["stop" if one.ended else "length" for one in generations]
        yield [
            reply_from_ids(rendered, by_id[row.item], one.ids, stop, seconds)
            for row, one, stop in zip(batch, generations, stops, strict=True)
        ]


def _choose(
    settings: TransformersTeacher,
    style: TeacherStyle,
    batch: Sequence[Prompt],
    places: Sequence[int],
) -> "Choose":
    """How tokens are drawn: a prompt's draws follow from its text, whatever batch it is in."""
    from breakeven.decoding.sampling import chooser

    decoding = Decoding(
        temperature=style.temperature,
        top_p=style.top_p,
        top_k=style.top_k,
        seed=settings.seed,
    )
    names = [prompt_digest(batch[place]) for place in places]
    return chooser(decoding, names, style.max_new_tokens)
