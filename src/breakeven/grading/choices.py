r"""Choices as an answer writes them: letters in any dress, their texts, and letters it denies."""

import functools
import re
import string
import unicodedata
from collections.abc import Iterator

from breakeven.grading.boxes import plain_text

_LETTERS = string.ascii_uppercase
# Characters after a conclusion in which its choice is looked for.
_READ = 2000
# Characters around a letter in which it is denied.
_NEAR = 80

_DRESS = re.compile(
    r"\*+|`+|[“”\"„«»~]|\\[()\[\],;:! ]|\\(?:left|right|displaystyle|quad)(?![a-z])"
)
_UNDERLINED = re.compile(r"(?<!\w)_+([^\W_](?:[^_\n]{0,40}[^\W_])?)_+(?!\w)")
_DOLLAR = re.compile(r"\\?\$")
_RAISED = re.compile("[⁰¹²³⁴-⁹⁺⁻⁼⁽⁾ⁿⁱ]+")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
# LaTeX, Unicode and plain forms of a sign, as one.
_SIGNS = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2"),
        (r"\\[dt]?frac\s*(\d)\s*(\d)", r"\1/\2"),
        (r"\\sqrt\s*\{([^{}]*)\}", r"√\1"),
        (r"\^\s*\{?\s*\\circ\s*\}?|\\degree", "°"),
        (r"\\times|\\cdot|[×·⋅]", "*"),
        (r"[−–—]", "-"),
        (r"\\pi(?![a-z])", "π"),
        (r"\\infty(?![a-z])", "∞"),
        (r"\\leq?(?![a-z])", "≤"),
        (r"\\geq?(?![a-z])", "≥"),
        (r"\\neq?(?![a-z])", "≠"),
        (r"\\pm(?![a-z])", "±"),
        (r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", ""),
        (r"\\([%&#_{}])", r"\1"),
        (r"[{}$\s]+", ""),
    )
)

# A letter at the beginning, in brackets or not, and what makes it part of a word or a formula.
_LETTER = re.compile(
    r"[\s:=>-]*(?:(?:the )?(?:choice|option|letter|answer|number|alternative) )?"
    r"([({\[<]*) ?([A-Za-z]) ?([)}\]>]*)(?![A-Za-z0-9'’^_]|-\w| ?[=+*/^×<>≈])",
    re.IGNORECASE,
)
_STOP = re.compile(r" ?(?:$|\n|[.,;:!)](?!\w))")
_NO_PRONOUN = re.compile(
    r" ?(?:$|\n|[.:;!)](?!\w)|,? (?:because|since)\b| is\b| (?:or|and) [({\[]*[A-Z]\b)"
)
# After a capital A: "A is right" is a letter, "A dog" is none.
_NOUN = re.compile(
    r" (?!(?:or|and|nor|but|not|because|since|as|so|with|which|where|while|if|for|is|was|are|isn"
    r"|seems?|looks|would|will|must|can|cannot|could|may|should|has|does|by|in|states|describes"
    r"|gives|matches|fits|says|represents|satisfies)\b)[a-z]"
)
_ALSO = re.compile(
    r"[ )}\]>.]*(?:[,/&]|\b(?:and/or|or|and|o|ou|oder|y|e|et|und|и|или)\b|[或和与と、])"
    r" ?(?:or |and |also )?(?:option |choice |answer |letter )?[({\[<]*([A-Z])(?![A-Za-z0-9'’])"
)
_BESIDE = re.compile(r"[^.\n({]{0,200}\(([A-Z])\)")
_VERB = re.compile(r" ?[)}\]]?,? ?(?!or\b|and\b|is the\b)[a-z]{2,}|['’]")

_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|neither|nor|no longer|except|without(?! (?:a )?doubt)|reject|cannot be"
    r"|no(?! doubt| question)|non|nicht|pas|não|niet|inte|ikke|nie)|n['’]t"
    r"|\b(?:anything|everything|all|nothing) but|\b(?:other|rather) than|\binstead of"
    r"|\b(?:rul|eliminat|exclud|reject|discard|dismiss)\w*(?: out)?)"
    r"(?: (?!but\b|so\b|then\b|only\b)[a-z]+){0,3}[\s({\[]*$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[)}\]]*(?:(?:, ?(?:and |or )?| and | or )[({\[]*(?-i:[A-Z])\b[)}\]]*)*(?:"
    r"(?: ?[-:] ?"
    r"| (?:is|was|seems|looks|are|would be|can be|must be)(?: \w+ly| also| thus| just)? )"
    r"(?:(?:the|a|an) )?(?:wrong|incorrect|false|invalid|impossible|unlikely|not|too|out|no"
    r"|eliminated|excluded|rejected|ruled out)\b"
    r"| (?:is|was|does|do|could|would|are|ca|has)n['’]t\b| cannot\b| (?:does|could|can|would) not\b"
    r"| fails\b| (?:can|must|should) be (?:ruled|eliminated|excluded|rejected|discarded))",
    re.IGNORECASE,
)
_CUT = re.compile(r"[.,;:!?)](?=[\s.,;:!?)]|$)| (?=\(|because\b|since\b|as\b|is\b|so\b)|\n|$")
_CUTS = 12  # so many beginnings of a text are compared with the choices


class Choices:
    """The choices of an item: their letters, and what their texts are."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        """Without texts the letters are A to D."""
        self.letters = _LETTERS[: len(texts)] if texts else _LETTERS[:4]
        self._plain = [normal(text) for text in texts]
        self._bare = [bare(text) for text in texts]

    def has(self, letter: str) -> bool:
        """Whether one of the choices has the letter, whatever its case."""
        return letter.upper() in self.letters

    def by_text(self, text: str) -> frozenset[str]:
        """The choices that a text is, word for word or else but for how it is set."""
        for same, texts in ((normal(text), self._plain), (bare(text), self._bare)):
            found = [
                letter for letter, one in zip(self.letters, texts, strict=False) if one == same
            ]
            if found and same:
                return frozenset(found)
        return frozenset()

    def beginning(self, text: str) -> frozenset[str]:
        """The choices whose text a text begins with, up to a sign, a line's end or "because"."""
        text = text[:_READ].lstrip(" ({[)}]>.:,-")
        cuts = [cut.start() for _, cut in zip(range(_CUTS), _CUT.finditer(text), strict=False)]
        longest = max((len(one) for one in self._bare), default=0)
        # The longest first: "a cell wall" may be a choice beside "a cell".
        for cut in reversed(cuts):
            if cut <= 4 * longest + 40 and (found := self.by_text(text[:cut])):
                return found
        return frozenset()

    def named(self, text: str) -> frozenset[str] | None:
        """The choices that a text names at its beginning; None where it names none.

        A letter with another choice's text names both, so that neither is meant.
        """
        text = text[:_READ].lstrip()
        texts = self.beginning(text)
        match = _LETTER.match(text)
        if not match or not self.is_letter(match, text):
            return texts | self._beside(text) if texts else None
        letter, rest = match[2].upper(), text[match.end() :]
        if texts and letter not in texts and len(normal(text[: match.end()])) > 1:
            return texts  # "B vitamins" may be the text of a choice
        own = self.beginning(rest)
        if letter in own:
            return frozenset({letter})  # two choices may have one text
        return frozenset({letter, *own, *self._also(rest)})

    def _beside(self, text: str) -> frozenset[str]:
        """The letter in brackets after a choice's text, as the A of "cat (A)"."""
        match = _BESIDE.match(text)
        wanted = match and self.has(match[1]) and not denied(text, match.start(1), match.end(1))
        return frozenset({match[1]}) if match and wanted else frozenset()

    def is_letter(self, match: "re.Match[str]", text: str) -> bool:
        """Whether a match of `_LETTER` or `MENTION` is a choice and not a word of its own."""
        opening, letter, closing = match.groups()
        end = match.end()
        if not self.has(letter):
            return False
        if opening and closing:
            return True
        if letter.islower():
            return bool(closing or _STOP.match(text, end))
        if letter == "I":
            return bool(closing or _NO_PRONOUN.match(text, end))
        return letter != "A" or bool(closing) or not _NOUN.match(text, end)

    def mentions(self, text: str) -> Iterator["re.Match[str]"]:
        """Every capital letter in a text that is a choice, and that the text does not deny."""
        for match in MENTION.finditer(text):
            if self.is_letter(match, text) and not denied(text, match.start(), match.end(2)):
                yield match

    def _also(self, rest: str) -> Iterator[str]:
        """The letters that follow another: "or C", "and D", ", B"; not the subject of a clause."""
        while (also := _ALSO.match(rest)) and self.has(also[1]):
            rest = rest[also.end() :]
            if _VERB.match(rest):
                return
            yield also[1].upper()


MENTION = re.compile(
    r"([({\[<]{0,2})(?<![A-Za-z0-9'’\\_^])([A-Z])([)}\]>]*)(?![A-Za-z0-9'’^_]|-\w| ?[=+*^×<>≈])"
)


def denied(text: str, start: int, end: int) -> bool:
    """Whether a text denies what stands there: "not B", "anything but B", "B is too large"."""
    before = text[max(0, start - _NEAR) : start]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(text[end : end + _NEAR]))


# The texts of an item are folded once for all samples and students that answer it.
@functools.lru_cache(maxsize=1024)
def choices_of(texts: tuple[str, ...]) -> Choices:
    """The choices with these texts."""
    return Choices(texts)


def _folded(text: str) -> str:
    """One form of each character; 10² is 10^2 and not 102."""
    return unicodedata.normalize("NFKC", _RAISED.sub(r"^\g<0>", text))


def undressed(text: str) -> str:
    """A text without Markdown and LaTeX that only set its type, in single spaces and lines."""
    plain = _folded(plain_text(plain_text(text)))  # twice: \textbf{\text{B}}
    plain = _DOLLAR.sub(lambda sign: "$" if sign[0] != "$" else "", plain)
    plain = _UNDERLINED.sub(r"\1", _DRESS.sub("", plain))
    return _LINES.sub("\n", _SPACES.sub(" ", plain)).strip()


def normal(text: str) -> str:
    """A text in one spacing and lower case, without a full stop at its end."""
    plain = _folded(plain_text(text))
    return " ".join(plain.split()).removesuffix(".").rstrip().casefold()


def bare(text: str) -> str:
    """The letters and signs of a text, for comparing it with a choice however it is set."""
    plain = undressed(text).casefold()
    for pattern, sign in _SIGNS:
        plain = pattern.sub(sign, plain)
    return plain.strip(".,;:")
