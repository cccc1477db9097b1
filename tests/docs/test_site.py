"""The pages of the documentation are built without a word of warning and load nothing."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("material") is None, reason="mkdocs-material: make docs installs it"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        # Else the theme tells at every build of its successor.
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


class Page(HTMLParser):
    """What a page loads, its classes, and the text of its paragraphs."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.classes: set[str] = set()
        self.paragraphs: list[str] = []
        self.inside = False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.classes |= set((given.get("class") or "").split())
        if tag in LOADED:
            self.loaded.append(given.get(LOADED[tag]) or "")
        if tag == "p":
            self.inside = True
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.paragraphs[-1] += data


def pages(site: Path) -> Iterator[tuple[str, Page]]:
    for file in sorted(site.rglob("*.html")):
        yield file.relative_to(site).as_posix(), Page(file)


def test_every_page_is_there(site: Path) -> None:
    written = {file.relative_to(ROOT / "docs").with_suffix("") for file in
               (ROOT / "docs").rglob("*.md")}  # fmt: skip
    built = {file.relative_to(site).with_suffix("") for file in site.rglob("*.html")}
    assert {path if path.name != "README" else path.with_name("index") for path in written} <= built


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for name, page in pages(site):
        assert page.loaded, name
        assert not [one for one in page.loaded if re.match(r"\w+:|//", one)], name
        # The theme gets the script of such diagrams from a network.
        assert "mermaid" not in page.classes, name


def test_lists_and_tables_are_not_read_as_sentences(site: Path) -> None:
    for name, page in pages(site):
        for text in page.paragraphs:
            assert not re.search(r"\n\s*([-*] |\d+\. |\|)", text), f"{name}: {text}"
