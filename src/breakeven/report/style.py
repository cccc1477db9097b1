"""Colours, markers and words that every figure and table share.

Okabe and Ito's colours, which colour-blind people can tell apart; MLflow shows the same.
"""

import math

from breakeven.analysis.results import Style

STYLE_COLOURS: dict[Style, str] = {
    "base": "#7a7a7a",
    "ift": "#0072b2",
    "reasoning": "#d55e00",
    "mixed": "#cc79a7",
}
STYLE_MARKERS: dict[Style, tuple[str, ...]] = {
    "base": ("X",),
    "ift": ("o", "P", "s"),
    "reasoning": ("^", "v", "<", ">"),
    "mixed": ("s", "D", "p", "*", "h", "d"),
}
STYLE_WORDS: dict[Style, str] = {
    "base": "untrained",
    "ift": "IFT: the answer alone",
    "reasoning": "reasoning: a trace, then the answer",
    "mixed": "mixed: both",
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


def human(value: float | None) -> str:
    """A count with two figures and a letter: 29,568 is 30K, 14e9 is 14B; a dash without one."""
    if value is None:
        return "–"
    for bound, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= bound * 0.9995:
            scaled = value / bound
            return f"{scaled:.0f}{letter}" if scaled >= 9.95 else f"{scaled:.2g}{letter}"
    return f"{value:.0f}"


def size_word(parameters: float) -> str:
    """Parameters as the field says them: 30K, 2M, 0.5B, 14B."""
    return f"{parameters / 1e9:.2g}B" if 1e8 <= parameters < 1e10 else human(parameters)


def scientific(value: float | None) -> str:
    """A large number as people of the field write it: 3.2e+11 is 3.2×10¹¹."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -3 <= exponent < 5:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    mantissa = value / 10**exponent
    if round(abs(mantissa), 1) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f}×10{str(exponent).translate(_SUPERSCRIPTS)}"


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
