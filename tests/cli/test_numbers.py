"""Every option of every command that takes a number reads it as people write it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from breakeven.cli import app

# What they take is a label, not a count: `--seed 1k` would be a slip.
LABELS = {"show --seed", "export student --seed", "ui --port"}
# Shares: a thousand of them makes no sense, 0.5 does.
SHARES = {
    "plan --training-share",
    "plan --answering-share",
    "tune --share",
    "decide --ift-accuracy",
}
REFUSED = ("1kk", "1,00", "nan", "inf", "-1", "lots", "")


class Option(NamedTuple):
    path: tuple[str, ...]
    command: Any
    name: str  # of the parameter
    flag: str

    @property
    def id(self) -> str:
        return " ".join((*self.path, self.flag))

    def line(self, text: str) -> list[str]:
        """The option first, so that what is wrong with it is told first; then what is required."""
        line = [self.flag, text]
        for other in self.command.params:
            if other.required and other.name != self.name:
                line += ["1"] if other.param_type_name == "argument" else [other.opts[0], "1"]
        return line

    def read(self, text: str) -> Any:
        with self.command.make_context(self.path[-1], self.line(text)) as context:
            value = context.params[self.name]
        return value[0] if isinstance(value, list | tuple) else value


def _commands(
    command: Any, callbacks: typer.Typer, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    for info in callbacks.registered_commands:
        assert info.callback is not None
        name = info.name or info.callback.__name__
        yield (*path, name), command.commands[name], info.callback
    for group in callbacks.registered_groups:
        assert group.typer_instance is not None and group.name is not None
        yield from _commands(command.commands[group.name], group.typer_instance, (group.name,))


def _numeric(hint: Any) -> bool:
    kinds = {hint, *get_args(hint), *(one for part in get_args(hint) for one in get_args(part))}
    return bool(kinds & {int, float})


def options() -> list[Option]:
    """Those whose parameter is a number, however the option reads it."""
    return [
        Option(path, command, name, next(one for one in command.params if one.name == name).opts[0])
        for path, command, callback in _commands(typer.main.get_command(app), app)
        for name, hint in get_type_hints(callback).items()
        if _numeric(hint)
    ]


OPTIONS = options()
EVERY = pytest.mark.parametrize("option", OPTIONS, ids=lambda one: one.id)


def test_the_numeric_options_of_all_commands_are_found() -> None:
    found = {one.id for one in OPTIONS}
    assert len(found) == len(OPTIONS) > 20
    assert {"flops --prompt", "plan --latency-seconds", "run --jobs", "decide --depth"} <= found
    assert found >= LABELS | SHARES


@pytest.mark.parametrize(
    "option",
    [one for one in OPTIONS if one.id not in LABELS | SHARES],
    ids=lambda one: one.id,
)
def test_counts_and_amounts_are_read_as_people_write_them(option: Option) -> None:
    for text in ("1000", "1,000", "1k", "1e3", "0.001M"):
        assert option.read(text) == 1000


@pytest.mark.parametrize(
    "option", [one for one in OPTIONS if one.id in LABELS], ids=lambda one: one.id
)
def test_labels_are_their_digits(option: Option) -> None:
    assert option.read("1000") == 1000
    for text in ("1,000", "1k", "1e3", "1.0", "²"):
        _refused(option, text)


@pytest.mark.parametrize(
    "option", [one for one in OPTIONS if one.id in SHARES], ids=lambda one: one.id
)
def test_shares_are_parts_of_one(option: Option) -> None:
    assert option.read(".5") == option.read("50e-2") == 0.5
    for text in ("1,000", "1k", "1.1", "0"):
        assert re.search(r"use a number (from|between) \S+ (to|and) 1$", _refused(option, text))


@EVERY
@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_with_option_value_and_fix(option: Option, text: str) -> None:
    told = _refused(option, text)
    # Click shows a text that is empty as nothing at all.
    assert (f"value is {text}" if text else "value") in told or f"{text!r}" in told
    assert re.search(r"(use|write) \S+", told)


@pytest.mark.parametrize("flag", ["plan --devices", "run --jobs", "tune --items"])
def test_a_part_of_what_is_counted_is_refused(flag: str) -> None:
    option = next(one for one in OPTIONS if one.id == flag)
    assert "value is 1.5; use a whole number from 1" in _refused(option, "1.5")
    assert isinstance(option.read("2e0"), int)


def test_a_command_reckons_with_what_was_written() -> None:
    line = ["flops", "--model", "Qwen2.5-0.5B", "--prompt", "1,000", "--new", "1k"]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0
    assert re.findall(r"(?:prompt|new)_tokens +(\S+)", done.output) == ["1,000", "1,000"]


def _refused(option: Option, text: str) -> str:
    """What the last line of the command says."""
    told = CliRunner().invoke(
        app, [*option.path, *option.line(text)], env={"COLUMNS": "500", "TERM": "dumb"}
    )
    assert told.exit_code == 2, told.output
    line = told.output.splitlines()[-1]
    assert any(f"'{flag}'" in line.replace(" / ", "' '") for flag in _flags(option)), line
    return line


def _flags(option: Option) -> list[str]:
    return next(one for one in option.command.params if one.name == option.name).opts
