"""Models on this machine: configuration, weights, tokenizer, chat template, context."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from breakeven.checking.problems import Finding, refused, warning, wrong
from breakeven.params import FolderBase, GgufBase, HubBase, Params, ScratchBase, Weights


def check_students(params: Params) -> Iterator[Finding]:
    """Each student's base, and whether what is asked of it fits its context."""
    for name, student in params.students.items():
        key, base = f"students.{name}.base", student.base
        if isinstance(base, ScratchBase):
            yield from check_tokenizer(f"{key}.tokenizer", base.tokenizer)
        else:
            yield from check_weights(key, base)
            if isinstance(base, FolderBase) and (Path(base.path) / "config.json").is_file():
                yield from _check_context(params, name, Path(base.path))


def check_weights(key: str, weights: Weights, *, learns: bool = True) -> Iterator[Finding]:
    """A model that exists already; what is on the hub is looked at when it is downloaded.

    What a student `learns` in a template is asked of no teacher.
    """
    if isinstance(weights, GgufBase):
        from breakeven.models.gguf_packages import find_gguf

        yield from refused(
            f"{key}.package", lambda: find_gguf(weights.package, f"params.yaml: {key}.package")
        )
    elif not isinstance(weights, HubBase):
        yield from _folder(f"{key}.path", Path(weights.path), learns=learns)
    # Nothing is downloaded for a check; a hub's template is looked at where it was before.
    elif learns:
        from breakeven.models.hub import cached_tokenizer

        cached = cached_tokenizer(weights)
        if cached is not None:
            yield from check_tokenizer(f"{key}.repo", cached.as_posix())


def check_tokenizer(key: str, folder: str, *, learns: bool = True) -> Iterator[Finding]:
    """A tokenizer's folder, and that its chat template puts messages where they belong."""
    if not Path(folder).is_dir():
        yield wrong(key, f"value is {folder!r}; no such folder; use a tokenizer's folder")
        return
    from breakeven.models.template_check import render_template

    yield from refused(key, lambda: render_template(Path(folder), learns=learns))


def _folder(key: str, folder: Path, *, learns: bool) -> Iterator[Finding]:
    from breakeven.costs.model_shapes import known_architecture
    from breakeven.models.loading import checked_folder
    from breakeven.models.weight_checks import check_weights

    missing = list(refused(key, lambda: checked_folder(folder, f"params.yaml: {key}")))
    # From the cheapest look to the dearest: what follows could only repeat that a file is missing.
    yield from missing
    if missing:
        return
    yield from check_tokenizer(key, folder.as_posix(), learns=learns)
    try:
        shape = known_architecture(folder)
    except Exception:  # told by what follows, in one line
        yield from refused(key, lambda: known_architecture(folder))
        return
    if isinstance(shape, str):
        from breakeven.models.parameter_count import count_parameters

        yield warning(key, f"its FLOPs will be absent: {shape}")
        unknown = list(refused(key, lambda: count_parameters(folder, shape)))
        yield from unknown
        if unknown:
            return
    yield from refused(key, lambda: check_weights(folder))


def _check_context(params: Params, student: str, folder: Path) -> Iterator[Finding]:
    """Whether a training pair, and an answer at the limit, can fit the student's context."""
    from breakeven.models.context import context_length

    found: list[int | None] = []
    key = f"students.{student}.base.path"
    yield from refused(key, lambda: found.append(context_length(folder)))
    context = found[0] if found else None
    if context is None:
        return
    trained = any(arm.trained for arm in params.arms.values())
    if trained and params.training.max_length > context:
        yield wrong(
            "training.max_length",
            f"value is {params.training.max_length}; student {student} has a context of {context} "
            "tokens; use at most that",
        )
    answering = params.answering
    for decoding, task in product(answering.decodings, params.tasks):
        limit = answering.limit(decoding, task)
        if limit >= context:
            yield wrong(
                answering.limit_key(decoding, task),
                f"value is {limit}; student {student} has a context of {context} tokens, the "
                "prompt's included; use less",
            )
