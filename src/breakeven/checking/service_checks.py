"""Who is asked, and what is started: teacher, judges, keys of endpoints, servers, processes."""

import os
from collections.abc import Iterator
from pathlib import Path

from breakeven.checking.model_checks import check_tokenizer, check_weights
from breakeven.checking.problems import Finding, refused, warning
from breakeven.params import (
    CatalogueSource,
    OpenAITeacher,
    Params,
    PublishedSource,
    SolverTeacher,
    VllmServer,
    VllmTeacher,
)


def check_teacher(params: Params) -> Iterator[Finding]:
    """The teacher's model or endpoint. Its key is looked for, never shown."""
    teacher = params.teacher
    if isinstance(teacher, SolverTeacher):
        if teacher.tokenizer is not None:
            yield from check_tokenizer("teacher.tokenizer", teacher.tokenizer, learns=False)
        if teacher.model is not None:
            yield from check_weights("teacher.model", teacher.model, learns=False)
        return
    if isinstance(teacher, OpenAITeacher):
        yield from _architecture("teacher.architecture", teacher.architecture)
        # Published completions and examples of benchmarks are there: nobody is asked for them.
        if any(
            not isinstance(source, PublishedSource | CatalogueSource)
            for source in params.sources.values()
        ):
            yield from _key("teacher.key_variable", teacher.key_variable)
        return
    yield from check_weights("teacher.model", teacher.model, learns=False)
    if isinstance(teacher, VllmTeacher):
        yield from _server("teacher.server", teacher.server)


def check_grading(params: Params) -> Iterator[Finding]:
    """Each judge's architecture and key."""
    for name, judge in params.grading.judges.items():
        yield from _architecture(f"grading.judges.{name}.architecture", judge.architecture)
        yield from _key(f"grading.judges.{name}.key_variable", judge.key_variable)


def check_machine(params: Params) -> Iterator[Finding]:
    """The processes that train and the server that answers."""
    launch = params.training.launch
    if launch is not None:
        from breakeven.params.launch_file import read_launch_file

        path = Path(launch)
        mistakes = list(refused("training.launch", lambda: read_launch_file(path)))
        yield from mistakes
        # Several machines need not include this one: a run asks them all before it begins.
        if not mistakes and read_launch_file(path).machines == 1:
            from breakeven.train.launching import check_devices  # imports torch

            yield from refused("training.launch", lambda: check_devices(read_launch_file(path)))
    if params.answering.engine == "vllm":
        yield from _server("answering.server", params.answering.server)


def _architecture(key: str, name: str | None) -> Iterator[Finding]:
    if name is not None:
        from breakeven.costs.model_shapes import load_architecture

        yield from refused(key, lambda: load_architecture(name))


def _key(key: str, variable: str) -> Iterator[Finding]:
    if not os.environ.get(variable):
        yield warning(
            key,
            f"the environment variable {variable} is not set; export it, unless the endpoint asks "
            "for no key",
        )


def _server(key: str, server: VllmServer) -> Iterator[Finding]:
    # A warning: what is checked on one machine may run on another.
    if not Path(server.python).is_file():
        yield warning(
            f"{key}.python", f"value is {server.python!r}; no such file here; run `make vllm`"
        )
