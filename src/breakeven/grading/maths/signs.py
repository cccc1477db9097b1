"""The signs, names and words that expressions are written with, in LaTeX and in plain text."""

import re

SPACE = re.compile(r"(?:\s|~)*")
COMMA = re.compile(
    r"[,;](?!\s*$)|\\(?:text|mbox|mathrm)\s*\{\s*,?\s*(?:and|or)\s*\}|(?:and|or)(?![a-zA-Z])|\\lor(?![a-z])|\\land(?![a-z])"
)
RELATION = re.compile(
    r"(<=|>=|!=|==|=|<|>)|\\(leqslant|leq|le|geqslant|geq|ge|neq|ne|lt|gt|in|approx|equiv|subset|to|mid)(?![a-zA-Z])"
)
RELATIONS = {
    "leq": "<=", "le": "<=", "leqslant": "<=", "geq": ">=", "ge": ">=", "geqslant": ">=",
    "neq": "!=", "ne": "!=", "lt": "<", "gt": ">", "==": "=",
}  # fmt: skip
MODULO = re.compile(r"\\pmod(?![a-z])|\(?\s*(?:\\bmod|\\mod|mod)(?![a-z])")
JOIN = re.compile(r"\\(cup|cap|setminus)(?![a-z])")
PLUS = re.compile(r"[+\-]|\\pm(?![a-z])|\\mp(?![a-z])|\+/-|\+-")
TIMES = re.compile(r"\*(?!\*)|/|\\cdot(?![a-z])|\\times(?![a-z])|\\div(?![a-z])|\\ast(?![a-z])")
POWER = re.compile(r"\^|\*\*")
DEGREE = re.compile(r"°|\^\s*(?:\\circ(?![a-z])|\{\s*\\circ\s*\})|\\degree(?![a-z])")
NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4}(?![\w.]))?")
GROUPED = re.compile(
    r"(?<!\d,)(?<!\d\{,\})[1-9]\d{0,2}(?:(?:,|\{,\}|\\,|\\!| )\d{3})+(?:\.\d+)?(?!,?\d)"
)
HALF_A_NUMBER = re.compile(r"(?<=\d,)0\d{2}(?!\d)")  # (1,000) is no pair
REPEATING = re.compile(r"(\d*)\.(\d*)(?:\\(?:overline|bar|dot)\s*\{(\d+)\}|\((\d+)\))(?!\d)")
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
    rf"\\operatorname\*?\s*\{{\s*({NAMES})\s*\}}|\\({NAMES})(?![a-zA-Z])|({NAMES})(?=[\s(\d^_\\]|[a-z]\b)"
)
SEVERAL = {"gcd", "lcm", "max", "min"}
GREEK = re.compile(
    r"\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa|lambda|mu|nu|xi|rho"
    r"|sigma|tau|upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega|ell)(?![a-zA-Z])"
)
CONSTANT = re.compile(
    r"\\(pi|infty|emptyset|varnothing)(?![a-zA-Z])|(pi|infinity|inf|oo)(?![a-zA-Z])"
)
CONSTANTS = {"pi": "pi", "infty": "oo", "infinity": "oo", "inf": "oo", "oo": "oo"}
LETTERS = re.compile(r"[a-zA-Z]+")
SUBSCRIPT = re.compile(r"_\s*(?:\{\s*([a-zA-Z0-9, +\-]{1,9})\s*\}|([a-zA-Z0-9]))")
SET_LETTER = re.compile(r"\\mathbb\s*\{?\s*([RZNQC])\s*\}?")
ROOT = re.compile(r"\\sqrt(?![a-zA-Z])|sqrt(?=\s*[\[({\d\w])|cbrt(?=\s*\()")
FRACTION = re.compile(r"\\frac(?![a-zA-Z])")
BINOMIAL = re.compile(r"\\binom(?![a-zA-Z])")
MATRIX = re.compile(r"\\begin\s*\{(?:([pbB]?matrix)\}|(array)\}\s*\{[lcr|\s]*\})")
DOTS = re.compile(r"\\(?:ldots|cdots|dots)(?![a-z])|\.\.\.")
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
