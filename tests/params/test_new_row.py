"""`breakeven new`: a row is added, the text stays, and a study out of order is not written."""

import json
from pathlib import Path

import pytest
from tests.conftest import ROOT
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.params.load import load_params
from breakeven.params.new_row import KINDS, Kind, new_row

PARAMS = Path("params.yaml")


def add_row(
    kind: Kind, name: str, settings: list[str], like: str | None = None, note: str | None = None
) -> Params:
    row = new_row(kind, name, settings, like=like, note=note)
    row.write()
    return row.params


@pytest.fixture(params=["tabletop", "tabletop-full", "smoke", "smollm2", "paper"])
def profile(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("assets").symlink_to(ROOT / "assets")
    PARAMS.write_text((ROOT / f"profiles/{request.param}.yaml").read_text())
    return PARAMS.read_text()


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("assets").symlink_to(ROOT / "assets")
    PARAMS.write_text((ROOT / "profiles/tabletop.yaml").read_text())
    return PARAMS.read_text()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("ended", [True, False])
def test_lines_end_as_those_of_the_file_do(study: str, end: str, ended: bool) -> None:
    text = study.replace("\n", end) + "# läuft" + (end if ended else "")
    PARAMS.write_bytes(text.encode())
    add_row("arm", "half", ["reasoning_share=0.5"], like="reasoning")
    written = PARAMS.read_bytes().decode()
    (row,) = (line for line in written.split(end) if "half:" in line)
    note = "  # As reasoning, but for reasoning_share."
    assert written.replace(f"{note}{end}{row}{end}", "") == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_a_row_is_that_row_and_every_other_line_stays(profile: str, kind) -> None:
    before = load_params()
    tables = {
        "student": before.students,
        "arm": before.arms,
        "task": before.tasks,
        "source": before.sources,
        "corpus": before.corpora,
        "decoding": before.answering.decodings,
    }
    first = next(iter(tables[kind]))
    after = add_row(kind, "another", [], like=first, note="Why it is here.")
    lines = PARAMS.read_text().splitlines()
    old = profile.splitlines()
    added = [line for line in lines if line not in old]
    note, row = (line.strip() for line in added)
    assert note == "# Why it is here."
    assert row.startswith("another: {")
    assert [line for line in lines if line not in added] == old
    assert load_params() == after
    table = (
        after.answering.decodings
        if kind == "decoding"
        else getattr(after, {"corpus": "corpora"}.get(kind, f"{kind}s"))
    )
    assert [*table][-1] == "another"
    assert table["another"] == table[first]


def test_settings_replace_what_the_other_row_has_and_change_no_other(study: str) -> None:
    before = load_params()
    after = add_row(
        "student", "t2m", ["base.path=assets/tabletop/t2m", "learning_rates.ift=1e-3"], like="t500k"
    )
    assert after.students["t2m"].base.path == "assets/tabletop/t2m"
    assert after.students["t2m"].learning_rates["ift"] == 1e-3
    assert after.students["t500k"] == before.students["t500k"]


def test_values_are_yaml(study: str) -> None:
    after = add_row("decoding", "warm", ["temperature=0.6", "arms=[ift, reasoning]", "samples=2"])
    assert after.answering.decodings["warm"].arms in (["ift", "reasoning"], ("ift", "reasoning"))


@pytest.mark.parametrize(
    ("row", "like", "comment"),
    [
        (
            ("student", "t2m", ["base.path=assets/tabletop/t2m"]),
            "t500k",
            "As t500k, but for base.path. Rates taken from t500k; "
            "`breakeven tune --student t2m` tries others.",
        ),
        (
            ("student", "t9", ["learning_rates.ift=1e-3"]),
            "t500k",
            "As t500k, but for learning_rates.ift. Rates taken from t500k, but for "
            "learning_rates.ift; `breakeven tune --student t9` tries others.",
        ),
        (
            ("arm", "worked-2", ["learning_rate=1e-3", "budget.tokens=9000"]),
            "ift-worked",
            "As ift-worked, but for learning_rate, budget.tokens. Rate given; "
            "`breakeven tune --arm worked-2` tries others.",
        ),
        (("arm", "base-2", []), "base", "As base."),
        (
            ("decoding", "warm", ["temperature=0.6"]),
            None,
            "By `breakeven new`; what is not given here has its default (docs/params.md).",
        ),
    ],
)
def test_without_a_note_the_comment_says_where_the_values_come_from(
    study: str, row, like: str | None, comment: str
) -> None:
    add_row(*row, like=like)
    lines = [line.strip() for line in PARAMS.read_text().splitlines()]
    place = next(place for place, line in enumerate(lines) if line.startswith(f"{row[1]}:"))
    assert lines[place - 1] == f"# {comment}"


@pytest.mark.parametrize(
    ("row", "like", "message"),
    [
        (("arm", "ift", []), None, "params.yaml: arms: 'ift' is there already"),
        (("arm", "x", []), "rasoning", "--like: 'rasoning' is no arm; did you mean 'reasoning'?"),
        (("arm", "x", ["share"]), None, "'share': use key=value, such as reasoning_share=0.5"),
        (("arm", "x", ["=1"]), None, "'=1': use key=value"),
        (("arm", "x", ["method.a=1"]), "base", "'method.a=1': method is 'none' and has no keys"),
        (
            ("arm", "x", ["corpus=bar"]),
            "ift",
            "params.yaml: arms.x.corpus: 'bar' is no corpus",
        ),
        (
            ("arm", "x", ["share=1"]),
            "ift",
            "params.yaml: arms.x.share: unknown key; allowed: ",
        ),
        (("arm", "a b", []), "ift", "params.yaml: arms.a b: 'a b': a name is lower-case letters"),
        (("arm", "x: {}\n  y", []), "ift", "a name is lower-case letters"),
        (("task", "x", ["kind=[1"]), None, "kind=[1: not valid YAML"),
    ],
)
def test_what_is_not_in_order_is_one_line_and_changes_nothing(
    study: str, row, like: str | None, message: str
) -> None:
    with pytest.raises(InputError) as error:
        add_row(*row, like=like)
    assert message in str(error.value)
    assert PARAMS.read_text() == study
    assert not list(Path(".work").glob("*.yaml")) if Path(".work").exists() else True


def test_a_table_in_braces_is_told_and_left(study: str) -> None:
    text = study.replace(
        "  decodings:\n    greedy: {temperature: 0.0}", "  decodings: {greedy: {temperature: 0.0}}"
    )
    assert text != study
    PARAMS.write_text(text)
    with pytest.raises(InputError, match=r"answering\.decodings: is written in braces"):
        add_row("decoding", "x", ["temperature=0.5"])
    assert PARAMS.read_text() == text


def test_the_command_says_what_the_study_is_then(study: str) -> None:
    told = CliRunner().invoke(
        app, ["new", "arm", "mixed-25", "--like", "reasoning", "reasoning_share=0.25"]
    )
    assert told.exit_code == 0, told.output
    assert "2 students × 5 arms × 3 seeds = 30 cells" in told.output
    assert load_params().arms["mixed-25"].reasoning_share == 0.25
    refused = CliRunner().invoke(app, ["new", "amr", "x"])
    assert isinstance(refused.exception, InputError)
    assert "'amr' is no kind of row; did you mean 'arm'?" in str(refused.exception)


def test_a_file_that_is_wrong_already_is_told_as_that(study: str) -> None:
    PARAMS.write_text(json.dumps({"study": "x"}))
    with pytest.raises(InputError, match="missing"):
        add_row("arm", "x", [])
