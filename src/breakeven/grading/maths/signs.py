"""The signs, names and words that expressions are written with, in LaTeX and in plain text."""

import re


def _command(names: str, end: str = "[a-z]") -> str:
    """A command of LaTeX, not the beginning of a longer one; `names` may have groups in it."""
    return rf"\\(?:{names})(?!{end})"


# Operators also end before a capital (`\cdotA`), which LaTeX itself would refuse; the names of
# relations, functions and Greek letters end before no letter at all.
_NO_LETTER = "[a-zA-Z]"

SPACE = re.compile(r"(?:\s|~)*")
COMMA = re.compile(
    r"[,;](?!\s*$)|\\(?:text|mbox|mathrm)\s*\{\s*,?\s*(?:and|or)\s*\}"
    rf"|(?:and|or)(?!{_NO_LETTER})|{_command('lor|land')}"
)
RELATION = re.compile(
    r"(<=|>=|!=|==|=|<|>)|"
    + _command(
        "(leqslant|leq|le|geqslant|geq|ge|neq|ne|lt|gt|in|approx|equiv|subset|to|mid)", _NO_LETTER
    )
)
RELATIONS = {
    "leq": "<=", "le": "<=", "leqslant": "<=", "geq": ">=", "ge": ">=", "geqslant": ">=",
    "neq": "!=", "ne": "!=", "lt": "<", "gt": ">", "==": "=",
}  # fmt: skip
MODULO = re.compile(rf"{_command('pmod')}|\(?\s*(?:\\bmod|\\mod|mod)(?![a-z])")
JOIN = re.compile(_command("(cup|cap|setminus)"))
# The longest first: 1 +/- 2 is two numbers.
PLUS = re.compile(rf"\+/-|[+\-]|{_command('pm|mp')}")
TIMES = re.compile(rf"\*(?!\*)|/|{_command('cdot|times|div|ast')}")
POWER = re.compile(r"\^|\*\*")
DEGREE = re.compile(rf"°|\^\s*(?:{_command('circ')}|\{{\s*\\circ\s*\}})|{_command('degree')}")
# An exponent needs its digits and no letter after them: the e of 2e and 3e2x is Euler's number.
NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4}(?![\w.]))?")
GROUPED = re.compile(
    r"(?<!\d,)(?<!\d\{,\})[1-9]\d{0,2}(?:(?:,|\{,\}|\\,|\\!| )\d{3})+(?:\.\d+)?(?!,?\d)"
)
HALF_A_NUMBER = re.compile(r"(?<=\d,)0\d{2}(?!\d)")  # (1,000) is no pair
REPEATING = re.compile(r"(\d*)\.(\d*)(?:\\(?:overline|bar|dot)\s*\{(\d+)\}|\((\d+)\))(?!\d)")
# Letters are digits only beside one that is: F_2 is a variable, 1F_16 is a number.
BASED = re.compile(
    r"(\d[0-9A-F]*|[A-F]+\d[0-9A-F]*|\(\d[0-9A-F]*\))_\s*"
    r"(?:(\d{1,2})|\{\s*(\d{1,2})\s*\}|\{\s*(?:\\text\s*\{\s*([a-z]{3,7})\s*\}|([a-z]{3,7}))\s*\})"
)
BASES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "sixteen": 16,
}  # fmt: skip
MIXED = re.compile(
    r"\s*\\frac\s*(?:\{\s*(\d+)\s*\}|(\d))\s*(?:\{\s*(\d+)\s*\}|(\d))|\s+(\d+)\s*/\s*(\d+)(?![\d.])"
)
NAMES = (
    "arcsin|arccos|arctan|arccot|arcsec|arccsc|sinh|cosh|tanh|coth|sin|cos|tan|cot|sec|csc"
    "|log|ln|lg|exp|gcd|lcm|max|min|floor|ceil|abs|Re|Im|det"
)
FUNCTION = re.compile(
    rf"\\operatorname\*?\s*\{{\s*({NAMES})\s*\}}|{_command(f'({NAMES})', _NO_LETTER)}"
    rf"|({NAMES})(?=[\s(\d^_\\]|[a-z]\b)"
)
SEVERAL = {"gcd", "lcm", "max", "min"}
GREEK = re.compile(
    _command(
        "(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa|lambda|mu|nu"
        "|xi|rho|sigma|tau|upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi"
        "|Psi|Omega|ell)",
        _NO_LETTER,
    )
)
CONSTANT = re.compile(
    rf"{_command('(pi|infty|emptyset|varnothing)', _NO_LETTER)}"
    rf"|(pi|infinity|inf|oo)(?!{_NO_LETTER})"
)
CONSTANTS = {"pi": "pi", "infty": "oo", "infinity": "oo", "inf": "oo", "oo": "oo"}
LETTERS = re.compile(r"[a-zA-Z]+")
SUBSCRIPT = re.compile(r"_\s*(?:\{\s*([a-zA-Z0-9, +\-]{1,9})\s*\}|([a-zA-Z0-9]))")
SET_LETTER = re.compile(r"\\mathbb\s*\{?\s*([RZNQC])\s*\}?")
ROOT = re.compile(rf"{_command('sqrt', _NO_LETTER)}|sqrt(?=\s*[\[({{\d\w])|cbrt(?=\s*\()")
FRACTION = re.compile(_command("frac", _NO_LETTER))
BINOMIAL = re.compile(_command("binom", _NO_LETTER))
MATRIX = re.compile(r"\\begin\s*\{(?:([pbB]?matrix)\}|(array)\}\s*\{[lcr|\s]*\})")
DOTS = re.compile(rf"{_command('ldots|cdots|dots')}|\.\.\.")
FENCES = {
    "\\lfloor": ("\\rfloor", "floor"),
    "\\lceil": ("\\rceil", "ceil"),
    "\\lvert": ("\\rvert", "abs"),
}
UPRIGHT = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathit|mathbf|mbox|operatorname)\s*\{\s*(?:([a-zA-Z])|\(([a-zA-Z])\))\s*\}"
)
FIGURE = re.compile(
    r"(?:m\s*)?\\(angle|triangle|overline|overrightarrow|arc|vec|hat|bar)\s*(?:\{\s*([A-Za-z]{1,4})\s*\}|([A-Z]{1,4}|[a-z](?![a-z])))"
)
# Only these letters name functions, and only single signs stand inside: x(2) is a product.
CALL = re.compile(r"[fghFGHPQTS]\s*'?\s*\(\s*[a-zA-Z0-9]\s*(?:,\s*[a-zA-Z0-9]\s*)*\)")
SHORT_WORDS = (
    "so|ok|odd|no|yes|it|its|is|the|an|as|at|if|in|of|on|to|up|we|he|she|and|are|but|for|not|now|all|one|two|six"
    "|ten|you|out|per|let|get|dne|has|had|was|can|may|my|me|hi|oh|am|do|did|who|how|why|any|few|or|a|be|us|our|nan"
    "|her|his|him|i|sum|age|day|man|men|end|i'm"
)
# Words of two or three letters that stand alone as an item are none of mathematics.
WORD = re.compile(rf"(?!(?-i:a|i|A|I)$)(?:{SHORT_WORDS})", re.IGNORECASE)
# Two words side by side, or a short one before a number or letter, are prose and no product.
PROSE = re.compile(
    rf"(?!(?:{NAMES})\b)[a-zA-Z]{{2,}}\s+(?!(?:{NAMES}|and|or|pi|sqrt)\b)[a-zA-Z]{{2,}}"
    rf"|(?i:(?!an?\b|i\b|be\b)(?:{SHORT_WORDS}))(?<![a-zA-Z]by)\s+(?!and\b|or\b)[\w\\$(]"
)
OPENS = re.compile(
    r"[a-zA-Z({\[]|\\(?!rfloor|rceil|rvert|rangle|right|pm|mp|cup|cap|end|\}|\\)[a-zA-Z{]"
)
