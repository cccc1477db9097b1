"""A chat template that cannot be learnt with is told by `breakeven check` and the `base` stage."""

import shutil

import pytest
from tests.conftest import ROOT
from typer.testing import CliRunner

from breakeven.base.stage import run as build_base
from breakeven.base.tokenizer import CHAT_TEMPLATE
from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.params import FolderBase, ScratchBase, Student, load_params

OPENED = CHAT_TEMPLATE.replace("assistant\\n' }}", "assistant\\n<think>\\n' }}")
CLOSED = CHAT_TEMPLATE.replace("assistant\\n' }}", "assistant\\n<think>\\n\\n</think>\\n\\n' }}")
REFUSED = {
    "a closed trace": (CLOSED, "closes a trace before the student writes"),
    "another reply": (CHAT_TEMPLATE.replace("+ message['content']", "+ '(' + message['content']"),
                      "before a reply"),
    "a clock": ("{{ strftime_now(fmt) }}" + CHAT_TEMPLATE, "changes from one rendering"),
    "chance": ("{{ ['a', 'b'] | random }}" + CHAT_TEMPLATE, "changes from one rendering"),
    "a prompt shown twice": (CHAT_TEMPLATE + "{{ messages[0]['content'] }}", "shows a message 2"),
    "no prompt": ("{{ 'Hello' }}", "shows a message 0 times"),
    "an error": ("{{ raise_exception('no users') }}", "no users"),
    "no Jinja": ("{% for %}", "chat template"),
    "a sum of text and number": ("{{ 'a' + 1 }}" + CHAT_TEMPLATE, "refuses a message"),
    "a word with arguments": (
        "{{ strftime_now(format='%Y') }}" + CHAT_TEMPLATE, "changes from one rendering"
    ),
}  # fmt: skip


@pytest.fixture
def base(project):
    """Puts a template into a tabletop base of the project; the folder."""
    shutil.copytree(ROOT / "assets" / "tabletop" / "t30k", project / "base")
    shutil.copyfile(ROOT / "tests/study.yaml", project / "params.yaml")

    def with_template(template):
        (project / "base" / "chat_template.jinja").write_text(template, encoding="utf-8")
        return project / "base"

    return with_template


def params(row):
    return load_params().model_copy(update={"students": {"s": Student(base=row)}})


FOLDER = FolderBase(kind="folder", path="base")
SCRATCH = ScratchBase(
    kind="scratch",
    tokenizer="base",
    hidden=32,
    layers=1,
    heads=2,
    kv_heads=1,
    intermediate=64,
    tokens=1000,
)


@pytest.mark.parametrize(("template", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("row", [FOLDER, SCRATCH], ids=["folder", "scratch"])
def test_the_base_stage_refuses_it_in_a_line(base, row, template, words):
    base(template)
    with pytest.raises(InputError) as caught:
        build_base(params(row), "s")
    assert str(caught.value).startswith("params.yaml: students.s.base.")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("template", [CHAT_TEMPLATE, OPENED])
def test_a_template_that_can_be_learnt_with_is_taken(base, template):
    base(template)
    build_base(params(FOLDER), "s")


def check(project):
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("path: assets/tabletop/t30k", "path: base"))
    shutil.copytree(ROOT / "assets", project / "assets")
    return CliRunner().invoke(app, ["check"])


def test_check_tells_of_a_template_before_anything_runs(base, project):
    base(CLOSED)
    done = check(project)
    assert isinstance(done.exception, InputError)
    told = str(done.exception)
    assert told.startswith("params.yaml: students.t30k.base.path: base: its chat template closes")
    assert "\n" not in told


def test_check_says_nothing_of_a_template_that_can_be_learnt_with(base, project):
    base(OPENED)
    assert check(project).exit_code == 0
