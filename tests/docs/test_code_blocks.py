"""Every code block of the documentation does what it says, or is named here with the reason.

Parts of studies fit the schema, commands and options exist, tables are read. The tutorial's
commands are run in `test_tutorial`, those of the pages in the tests of their packages.
"""

import copy
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
import yaml
from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
from pydantic import TypeAdapter
from tests.docs.blocks import PAGES, ROOT, Block, blocks, commands
from tests.pipeline.repository import TINY

from breakeven.cli import app
from breakeven.importing.read_results import import_results
from breakeven.importing.runs_file import RunsFile
from breakeven.params import Params
from breakeven.params.reading import parse_yaml

BLOCKS = list(blocks(*PAGES))
SHELL = ("", "sh")
# By language: what no test reads.
NOT_RUN = {
    "mermaid": "a picture; that of architecture.md is held equal to the code",
    "text": "the help of commands, held equal to the code",
    "json": "a file of the tutorial, which is run",
}
# Programs whose commands are not run, with the reason.
OTHER_PROGRAMS = {
    ".": "the shell's own",
    "git": "run in test_dvc_page",
    "sed": "run in test_dvc_page",
    "mlflow": "run in tests/scale/test_postgres.py",
    "cp": "the shell's own",
}


def of(*languages: str) -> Any:
    found = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=[block.name for block in found])


def test_every_block_is_looked_at() -> None:
    known = {*SHELL, "yaml", "csv", *NOT_RUN}
    assert [block.name for block in BLOCKS if block.language not in known] == []


def study_with(part: dict[str, Any]) -> dict[str, Any]:
    """The tiny study with the sections of a part in place of its own."""
    whole = copy.deepcopy(TINY)
    for section, rows in part.items():
        assert section in Params.model_fields, section
        own = whole.get(section)
        whole[section] = {**own, **rows} if isinstance(own, dict) and "kind" not in rows else rows
    return whole


def check_part(block: Block) -> None:
    part = parse_yaml(block.text, block.name)
    if "artifacts" in part:  # a part of dvc.yaml
        COMPILED_MULTI_STAGE_SCHEMA(part)
        return
    if "runs" in part:
        RunsFile.model_validate(part)
        return
    whole = study_with(part)
    # Each section by itself: the rows that it names are in other blocks, or the reader's own.
    for section in part:
        field = Params.model_fields[section]
        TypeAdapter(Annotated[field.annotation, field]).validate_python(whole[section])


@of("yaml")
def test_a_part_of_a_study_fits_the_schema(block: Block) -> None:
    check_part(block)


@of("csv")
def test_a_table_is_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text(block.text)
    results = import_results(tmp_path / "results.csv")
    rows = sum(len(cell.tasks) for cell in results.cells)
    assert rows == len(block.text.splitlines()) - 1


def cli_command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and its arguments."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def is_whole(command: Any) -> bool:
    """Whether a command does something by itself, without another word behind it."""
    return getattr(command, "invoke_without_command", True)


def check_command(words: list[str]) -> None:
    program, *rest = words
    if program == "breakeven":
        command, arguments = cli_command(rest)
        assert is_whole(command), f"no such command: {' '.join(words)}"
        # Parsed and not run: an unknown option, a word too many or a bad number raises.
        command.make_context(command.name, arguments)
    elif program == "make":
        targets = re.findall(r"^([\w-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert [word for word in rest if "=" not in word and word not in targets] == []
    elif program == "python" and rest[0] == "-c":
        compile(rest[1], "-c", "exec")
    elif program == "python":
        script = rest[1].replace(".", "/") if rest[0] == "-m" else rest[0]
        found = ROOT / script, ROOT / "src" / script, ROOT / "src" / f"{script}.py"
        assert any(path.exists() for path in found), script
    elif program == "dvc":
        from dvc.cli import parse_args

        parse_args(rest)
    else:
        assert program in OTHER_PROGRAMS, f"say why {program} is not run"


@of(*SHELL)
def test_commands_and_options_exist(block: Block) -> None:
    found = list(commands(block))
    assert found
    for words in found:
        check_command(words)


# In a sentence a command may stand for a kind of command: `breakeven export`, `dvc repro STAGE`.
INLINE = re.compile(r"`(breakeven [a-z][^`\n…]*)`")
SENTENCES = [
    (page.relative_to(ROOT).as_posix(), text)
    for page in PAGES
    if page.name != "CHANGELOG.md"  # what was so then
    for text in sorted(set(INLINE.findall(page.read_text(encoding="utf-8"))))
]


@pytest.mark.parametrize(("page", "text"), SENTENCES)
def test_commands_named_in_a_sentence_exist(page: str, text: str) -> None:
    command, rest = cli_command(text.split()[1:])
    options = {name for one in command.params for name in one.opts} | {"--help"}
    assert is_whole(command) or not rest, f"{page}: {text}"
    assert {word for word in rest if word.startswith("--")} <= options, f"{page}: {text}"


def every_command(command: Any, *words: str) -> Iterator[tuple[str, Any]]:
    if is_whole(command):
        yield " ".join(words), command
    for name, one in getattr(command, "commands", {}).items():
        yield from every_command(one, *words, name)


@pytest.mark.parametrize(
    ("name", "command"), list(every_command(typer.main.get_command(app), "breakeven"))
)
def test_the_examples_of_a_command_exist(name: str, command: Any) -> None:
    text = " ".join((command.help or "").split())
    _, _, examples = text.partition("Example: " if "Example: " in text else "Examples: ")
    assert examples, name
    for one in examples.split("; "):
        assert one.startswith(f"{name} ") or one == name
        check_command(shlex.split(one))


@pytest.mark.parametrize(
    "words",
    [
        ["breakeven", "chek"],
        ["breakeven", "decide", "--family", "math-open"],
        ["breakeven", "run", "--job", "2"],
        ["make", "studdy"],
        ["python", "scripts/none.py"],
        ["curl", "example.org"],
    ],
)
def test_a_command_that_is_not_there_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exception):  # noqa: B017 - of typer, or an assertion
        check_command(words)


def test_a_part_with_a_key_that_is_not_there_is_noticed() -> None:
    text = yaml.safe_dump({"training": {"epoch": 2}})
    with pytest.raises(ValueError, match="epoch"):
        check_part(Block("a page", 1, "yaml", text))
