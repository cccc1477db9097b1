"""The reference is that of the code: every key, column, field and command with its meaning."""

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from breakeven.params.names import Section
from breakeven.params.schema import Params
from breakeven.report import metrics
from breakeven.rows.outcomes import OUTCOMES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/reference"


@pytest.fixture(scope="module")
def script() -> Any:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "scripts/reference.py")))


@pytest.mark.parametrize("name", ["params", "commands", "files"])
def test_a_page_is_that_of_the_code(script: Any, name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert script.written(name, text) == text, "run python scripts/reference.py --write"


def test_no_key_is_described_that_is_not_there(script: Any) -> None:
    for model in (Params, *script.study_parts()):
        assert script.described(model).keys() <= model.model_fields.keys(), model


def test_every_key_of_a_study_is_in_the_reference(script: Any) -> None:
    page = (FOLDER / "params.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"^## (\S.*)\n((?:(?!^## ).*\n)*)", page, re.MULTILINE))
    for part in script.study_parts().values():
        for key in part.model.model_fields.keys() - {"kind"}:
            assert f"\n| `{key}` |" in tables[part.title], f"{part.title}: {key}"


def test_a_key_without_a_meaning_is_refused(script: Any) -> None:
    class Undescribed(Section):
        """Nothing of its keys."""

        threads: int

    with pytest.raises(SystemExit, match="Undescribed: threads: say what it is"):
        script.key_table(Undescribed, {})


def test_links_within_the_page_lead_to_a_heading(script: Any) -> None:
    page = (FOLDER / "params.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.*)", page, re.MULTILINE)
    }
    assert set(re.findall(r"\(#([^)]*)\)", page)) <= anchors


def test_every_number_of_metrics_json_is_in_the_reference() -> None:
    page = (FOLDER / "files.md").read_text(encoding="utf-8")
    rows = page.partition("## report/metrics.json")[2].partition("\n## ")[0]
    told = {
        name.split(".")[0]
        for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
        for name in re.findall(r"`([a-z]\w*)", row)
    }
    written = Path(metrics.__file__).read_text(encoding="utf-8")
    shares = {f"{outcome}_share" for outcome in OUTCOMES}
    assert {name for name in told - shares if f'"{name}"' not in written} == set()
    for study in ("tabletop", "smollm2"):
        numbers = json.loads((ROOT / f"docs/examples/{study}/metrics.json").read_text())
        assert numbers.keys() <= told
