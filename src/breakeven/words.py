"""Numbers as they are read, and the names, colours and markers of styles: each in one place.

What rounds to zero is written without a sign, and a minus is a minus (−), not a hyphen. The colours
are Okabe and Ito's, which colour-blind people can tell apart; the page and MLflow show the same.
"""

import math

from breakeven.params import ResultStyle

STYLE_COLOURS: dict[ResultStyle, str] = {
    "base": "#7a7a7a",
    "ift": "#0072b2",
    "reasoning": "#d55e00",
    "mixed": "#cc79a7",
    "control": "#3d3d3d",
}
STYLE_MARKERS: dict[ResultStyle, tuple[str, ...]] = {
    "base": ("X",),
    # Those of the first arms are kin; a study of many needs more than are.
    "ift": ("o", "P", "s", "D", "p", "h", "*", "d"),
    "reasoning": ("^", "v", "<", ">", "*", "d"),
    "mixed": ("s", "D", "p", "*", "h", "d"),
    "control": ("D", "p", "h"),
}
STYLE_WORDS: dict[ResultStyle, str] = {
    "base": "untrained",
    "ift": "IFT: no trace",
    "reasoning": "reasoning: a trace, then the answer",
    "mixed": "mixed: both",
    "control": "control: in no pair of styles",
}
INK = "#1f2328"
MUTED = "#59636e"
GRID = "#d8dee4"
SHADE = "#eceff2"
PAPER = "#fdfdfd"
# What marks quantities that belong to no style (stages of the work).
STAGE_COLOURS = {
    "teacher": "#009e73",
    "training": "#56b4e9",
    "prompts": "#b8b8b8",
    "thinking": "#e69f00",
    "answers": "#6f4e9c",
}

# One colour an outcome (`rows.outcomes`): right, wrong and complete, and the ways not to answer.
OUTCOME_COLOURS = {
    "right": "#1b7f5a",
    "wrong": "#b9c0c7",
    "unparsed": "#e3b505",
    "looping": "#c2185b",
    "cut": "#e8743b",
    "unclosed": "#7b4fa3",
}
OUTCOME_WORDS = {
    "right": "right",
    "wrong": "wrong",
    "unparsed": "unparsed",
    "looping": "looping",
    "cut": "cut at the limit",
    "unclosed": "ended inside the trace",
}


def cells(students: int, arms: int, seeds: int, count: int) -> str:
    """A study's cells: the product, or their count where some arms are not for all students."""
    rows = " × ".join(
        f"{number} {name}{'' if number == 1 else 's'}"
        for number, name in ((students, "student"), (arms, "arm"), (seeds, "seed"))
    )
    whole = students * arms * seeds
    return f"{rows} = {whole} cells" if count == whole else f"{count} cells of {rows}"


def human(value: float | None) -> str:
    """A count with two figures and a letter: 29,568 is 30K, 14e9 is 14B; a dash without one."""
    if value is None:
        return "–"
    for bound, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        # 999,500 rounds to 1,000K: from there on it is 1M.
        if value >= bound * 0.9995:
            scaled = value / bound
            return f"{scaled:.0f}{letter}" if scaled >= 9.95 else f"{scaled:.2g}{letter}"
    return f"{value:.0f}"


def whole(count: float | None) -> str:
    """A count with all its figures: 29,568; a dash without one."""
    return "–" if count is None else f"{count:,.0f}"


def size_word(parameters: float) -> str:
    """Parameters as the field says them: 30K, 2M, 0.5B, 14B."""
    return f"{parameters / 1e9:.2g}B" if 1e8 <= parameters < 1e10 else human(parameters)


def four_figures(value: float) -> str:
    """A number with four significant figures, in powers of ten where it is very large or small."""
    return f"{value:,.4g}" if value == 0 or 1e-4 <= abs(value) < 1e6 else f"{value:.3e}"


def scientific(value: float | None) -> str:
    """A large number as people of the field write it: 3.2e+11 is 3.2×10¹¹."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    # From a thousandth to a hundred thousand digits are easier to read than powers.
    if -3 <= exponent < 5:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    mantissa = value / 10**exponent
    # 9.96 rounds to 10.0, which is no mantissa.
    if round(abs(mantissa), 1) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f}×10{str(exponent).translate(_SUPERSCRIPTS)}"


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fixed(value: float, decimals: int = 1, *, signed: bool = False) -> str:
    """A number with so many decimals; with `signed`, a plus before what is above zero."""
    text = f"{value:{'+' if signed else ''}.{decimals}f}"
    bare = text.lstrip("+-")
    # −0.0 would say that something was lost.
    return text.replace("-", "−") if float(bare) else bare


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as percent, a dash where there is none."""
    return "–" if share is None else f"{fixed(100 * share, decimals)}%"


def points(share: float | None) -> str:
    """A difference of fractions in percentage points, with its sign; a dash where there is none."""
    return "–" if share is None else fixed(100 * share, signed=True)


def unsigned_points(share: float | None) -> str:
    """A distance of fractions in percentage points; a dash where there is none."""
    return "–" if share is None else fixed(100 * share)


def span(low: str, high: str) -> str:
    """Two ends as they are read: "2 to 8", and one where both read the same."""
    return low if low == high else f"{low} to {high}"


def times(factor: float) -> str:
    """A factor in two figures, three where two would read as 1: 17, 2.5, 1.02, 1,400."""
    text = f"{factor:.2g}"
    if factor >= 100:
        return f"{float(text):,.0f}"
    # "1 times" would say that nothing changed.
    return text if text != "1" else f"{factor:.3g}"


def percent_interval(share: float | None, low: float | None, high: float | None) -> str:
    """41.3% (38.0 to 44.6), the value alone where it has no interval, or a dash."""
    if share is None or low is None or high is None:
        return percent(share)
    return f"{percent(share)} ({fixed(100 * low)} to {fixed(100 * high)})"


def points_interval(share: float | None, low: float | None, high: float | None) -> str:
    """+3.5 (+1.2 to +5.8), the value alone where it has no interval, or a dash."""
    if share is None or low is None or high is None:
        return points(share)
    return f"{points(share)} ({points(low)} to {points(high)})"


def p_word(p_value: float | None) -> str:
    """A p value as it is read; a p of 0 is one too small to count, not one that is missing."""
    if p_value is None:
        return "–"
    if p_value < 0.001:
        return "<0.001"
    return fixed(p_value, 3 if p_value < 0.1 else 2)
