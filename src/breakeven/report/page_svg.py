"""An SVG document as an element of the page: the page's colours and font, and no byte too many.

Matplotlib writes for files that are edited by hand: a line an instruction, six decimals, names and
groups that nobody asks for. A page of a hundred panels is half as large without them.
"""

import re
from collections.abc import Mapping

from breakeven.words import (
    GRID,
    INK,
    MUTED,
    OUTCOME_COLOURS,
    PAPER,
    SHADE,
    STAGE_COLOURS,
    STYLE_COLOURS,
)

# What the page's style sheet calls a colour: it sets them, so that all reads on dark ground too.
LEGEND_COLOURS = {
    **{colour: f"--style-{style}" for style, colour in STYLE_COLOURS.items()},
    **{colour: f"--stage-{stage}" for stage, colour in STAGE_COLOURS.items()},
    **{colour: f"--outcome-{outcome}" for outcome, colour in OUTCOME_COLOURS.items()},
}
_PAGE_COLOURS = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    SHADE: "--shade",
    PAPER: "--paper",
    **LEGEND_COLOURS,
}
# Coordinates are points on a panel of 350: a hundredth of one is seen by nobody.
_COORDINATES = re.compile(r' (?:d|x|y|width|height|points|transform)="[^"]*"')


def page_svg(svg: str, prefix: str, label: str) -> str:
    """The element: ids begin with `prefix`, colours are variables, and it fits its place."""
    from markupsafe import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    names = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^")]+)', body))
    # Matplotlib numbers its parts alike in every figure: on one page such ids would clash.
    ids = {name: f"{prefix}-{number}" for number, name in enumerate(names)}
    # Text stands between tags and holds no "<" of its own, so that it stays as it is.
    body = re.sub(r"<[^<>]*>", lambda tag: _short(tag[0], ids), body)
    body = _without_bare_groups(re.sub(r">\s+<", "><", body))
    return re.sub(
        r'<svg [^>]*?(viewBox="[^"]+")[^>]*>',
        rf'<svg \1 role="img" aria-label="{escape(label)}">',
        body,
        count=1,
    )


def _short(tag: str, ids: Mapping[str, str]) -> str:
    """A tag with the ids that are referred to, variables for colours, and short numbers."""
    tag = re.sub(r' id="([^"]+)"', lambda one: f' id="{ids[one[1]]}"' if one[1] in ids else "", tag)
    tag = re.sub(r'(url\(#|href="#)([^")]+)', lambda one: one[1] + ids[one[2]], tag)
    # Matplotlib writes `fill: #rrggbb` into style attributes, where a variable can stand too.
    for colour, variable in _PAGE_COLOURS.items():
        tag = tag.replace(f": {colour}", f": var({variable})")
    # The font is inherited from the page.
    tag = tag.replace("font-family: 'DejaVu Sans'; ", "")
    tag = re.sub(r' style="[^"]*"', lambda one: re.sub("([:;]) ", r"\1", one[0]), tag)
    tag = _COORDINATES.sub(lambda one: _short_numbers(one[0]), tag)
    return re.sub(r' transform="rotate\(-?0 [^"]*"', "", tag)


def _short_numbers(attribute: str) -> str:
    attribute = re.sub(r"\d+\.\d{3,}", lambda one: f"{float(one[0]):.2f}", attribute)
    attribute = re.sub(r"(\.\d*?)0+(?!\d)", r"\1", attribute)
    attribute = re.sub(r"\.(?!\d)", "", attribute)
    if attribute.startswith(" d="):
        attribute = re.sub(r"\s*([MLQCz\"])\s*", r"\1", attribute)
    return attribute


def _without_bare_groups(body: str) -> str:
    """The same without groups that say nothing: no attribute, so no effect on what is in them."""
    told: list[bool] = []

    def kept(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return "</g>" if told.pop() else ""
        told.append(tag[0] != "<g>")
        return tag[0] if told[-1] else ""

    return re.sub(r"<g(?: [^>]*)?>|</g>", kept, body)
