"""The picture in docs/architecture.md, drawn from code: `python scripts/architecture.py --write`.

Without `--write` it exits with 1 where the document differs from the code. Floors come from
pyproject.toml, whose contracts `lint-imports` checks; arrows from the imports.
"""

import sys
import tomllib
from pathlib import Path

import grimp
import networkx as nx

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- drawn by scripts/architecture.py -->\n", "<!-- end -->\n"
PACKAGE = "breakeven"
# What nearly every package reads: an arrow to each would hide the others.
EVERYWHERE = {"core", "params", "rows"}


def floors() -> list[list[str]]:
    """Packages floor by floor, the ground first."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {row["id"]: row for row in table["tool"]["importlinter"]["contracts"]}
    return [layer.split(" | ") for layer in reversed(contracts["floors"]["layers"])]


def package_imports() -> "nx.DiGraph[str]":
    """Which package imports which; a module beside the packages counts as one."""
    graph = grimp.build_graph(PACKAGE)
    found: nx.DiGraph[str] = nx.DiGraph()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            above, below = (name.split(".")[1:2] for name in (module, imported))
            if above and below and above != below:
                found.add_edge(above[0], below[0])
    return found


def picture() -> str:
    """Floors as boxes, the ground below; without arrows that follow from others."""
    arrows = nx.transitive_reduction(package_imports())
    lines = ["```mermaid", "flowchart TB"]
    for number, floor in reversed(list(enumerate(floors(), 1))):
        lines.append(f'  subgraph floor{number}["{number}"]')
        lines += [f"    {package}" for package in floor]
        lines.append("  end")
    # Links that nobody sees keep the floors in their order.
    lines.append("  " + " ~~~ ".join(floor[0] for floor in reversed(floors())))
    shown = sorted(edge for edge in arrows.edges if edge[1] not in EVERYWHERE)
    lines += [f"  {above} --> {below}" for above, below in shown]
    return "\n".join([*lines, "```", ""])


def drawn(text: str) -> str:
    """The document with its picture as the code is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{picture()}{END}{after}"


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    now = drawn(text)
    if "--write" in sys.argv:
        DOCUMENT.write_text(now, encoding="utf-8")
    elif now != text:
        sys.exit(f"{DOCUMENT}: the picture is old; run python scripts/architecture.py --write")
