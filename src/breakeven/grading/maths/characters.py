r"""Characters as LaTeX has them: ½ is `\frac{1}{2}`, ² is `^{2}`, √ is `\sqrt`, ４ is 4.

Compatibility normalisation alone would make 10² into 102 and 2½ into 21⁄2.
"""

import re
import unicodedata

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₙₓₖₘᵢⱼ", "0123456789+-=()aenxkmij", strict=True))
_SMALL = """
α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta ϑ theta ι iota κ kappa
λ lambda μ mu ν nu ξ xi π pi ρ rho σ sigma ς sigma τ tau υ upsilon φ phi ϕ phi χ chi ψ psi ω omega
"""
_LARGE = "Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Σ Sigma Φ Phi Ψ Psi Ω Omega"
_PAIRS = f"{_SMALL} {_LARGE}".split()
_GREEK = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
_COMMANDS = {
    "∞": "infty", "±": "pm", "∓": "mp", "×": "times", "✕": "times", "⋅": "cdot", "·": "cdot",
    "∙": "cdot", "•": "cdot", "÷": "div", "≤": "le", "⩽": "le", "≦": "le", "≥": "ge", "⩾": "ge",
    "≧": "ge", "≠": "ne", "≈": "approx", "≃": "approx", "≅": "cong", "≡": "equiv", "∈": "in",
    "∪": "cup", "∩": "cap", "∅": "emptyset", "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil",
    "⌉": "rceil", "⟨": "langle", "⟩": "rangle", "〈": "langle", "〉": "rangle", "…": "ldots",
    "⋯": "ldots", "∣": "mid", "∖": "setminus", "→": "to", "∠": "angle", "△": "triangle",
    "ℝ": "mathbb{R}", "ℤ": "mathbb{Z}", "ℕ": "mathbb{N}", "ℚ": "mathbb{Q}", "ℂ": "mathbb{C}",
    **_GREEK,
}  # fmt: skip
# What is written instead as it stands.
_AS = {
    **dict.fromkeys("−–—‐‑‒﹣－➖", "-"), **dict.fromkeys("⁄∕", "/"), **dict.fromkeys("′’‘", "'"),
    **dict.fromkeys("º˚", "°"), **dict.fromkeys("，、٬", ","), **dict.fromkeys("。٫", "."),
    "″": "''", "：": ":", "；": ";", "（": "(", "）": ")", "！": "!", "？": "?",
    "℃": "°C", "℉": "°F", "µ": "μ",
}  # fmt: skip
_NAMED = {ord(sign): f"\\{name} " for sign, name in _COMMANDS.items()}
_PLAIN = {ord(sign): text for sign, text in _AS.items()}
_RAISED = re.compile(f"[{re.escape(''.join(_SUPERSCRIPTS))}]+")
_LOWERED = re.compile(f"[{re.escape(''.join(_SUBSCRIPTS))}]+")
# ³√8 has become ^{3}√8 by then: what is raised before a root is its index.
_INDEXED_ROOT = re.compile(r"(?:(?<=^)|(?<=[\s(+\-=]))\^\{(\d+)\}\s*√")
_ROOTS = {"√": "\\sqrt ", "∛": "\\sqrt[3] ", "∜": "\\sqrt[4] "}
# Soft hyphens, joiners, marks of direction and variants: they come along with copied text.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]")


def latex_characters(text: str) -> str:
    """A text in which no sign outside of ASCII is left that has a form in LaTeX or in ASCII."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text).translate(_PLAIN))
    text = _RAISED.sub(lambda run: "^{" + _mapped(run[0], _SUPERSCRIPTS) + "}", text)
    text = _LOWERED.sub(lambda run: "_{" + _mapped(run[0], _SUBSCRIPTS) + "}", text)
    text = _INDEXED_ROOT.sub(r"\\sqrt[\1] ", text)
    for sign, command in _ROOTS.items():
        text = text.replace(sign, command)
    text = "".join(map(_fraction_or_digit, text.translate(_NAMED)))
    return unicodedata.normalize("NFKC", text)


def words(text: str) -> str:
    """A text in one spacing and one form of its letters; powers and fractions stay as they are."""
    return " ".join(unicodedata.normalize("NFKC", latex_characters(text)).split())


def _mapped(run: str, table: dict[str, str]) -> str:
    return "".join(table[sign] for sign in run)


def _fraction_or_digit(sign: str) -> str:
    """½ as a fraction, a digit of any script as that of ASCII, all else as it is."""
    if sign.isascii():
        return sign
    top, slash, bottom = unicodedata.normalize("NFKC", sign).partition("⁄")
    if slash and bottom:
        return rf"\frac{{{top}}}{{{bottom}}}"
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
