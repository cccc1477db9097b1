r"""Where an answer says its result: a box, else a conclusion or the last formula, else a number.

The texts come likeliest first; the first one that can be read whole is the result.
"""

import re
from collections.abc import Iterator

from breakeven.grading.boxes import last_box, without_next_question
from breakeven.grading.maths.characters import latex_characters
from breakeven.grading.maths.prose import (
    NUMBER,
    OPERATOR,
    SENTENCE_ENDS,
    ResultText,
    is_bound,
    is_denied,
    last_number,
    with_words,
)

# Characters of an answer's end in which a result is looked for outside of a box.
END_CHARACTERS = 4000

_BOX = r"\\(?:boxed|fbox) *\{((?:[^{}]|\{[^{}]*\})*)\}"
_BOX_ROW = re.compile(rf"{_BOX}(?:\$?\s*(?:,|and|, and)\s*\$?{_BOX})+[^\\]*$")
_OPEN_BOX = re.compile(r"\\(?:boxed|fbox) *\{? *([^{}]*)$")
# What says that the result follows, in the languages that questions and models are most often in.
_SAID = re.compile(
    r"(?:####"
    r"|\b(?:answers?|results?|solutions?|roots)(?: to [^.:\n]{1,60}?)?(?: \([^()\n]{1,40}\))?"
    r"\s*(?:is|are|was|(?:would|should|must|will) be|:|=|-(?=\s))(?![a-z])"
    r"|^\s*\**(?:A|Ans)\**\s*[:=]"
    r"|\b(?:Antwort|Ergebnis|Lösung|Resultat)\s*(?:ist|lautet|beträgt|:)(?![a-zäöü])"
    r"|\b(?:respuesta|resultado|resposta|solución|solução)(?:\s+\w+)?\s*(?:es|é|:|=)(?![a-z])"
    r"|\b(?:réponse|résultat)(?:\s+\w+)?\s*(?:est|:|=)(?![a-z])"
    r"|\b(?:risposta|risultato|soluzione)(?:\s+\w+)?\s*(?:è|:|=)(?![a-z])"
    r"|\b(?:odpowiedź|wynik|antwoord|svar|svaret|cevap|jawaban|đáp án|đáp số|vastaus)"
    r"\s*(?:to|jest|is|är|er|là|adalah|on|:|=)(?![a-z])"
    r"|\b(?:ответ|відповідь|итого|απάντηση)\s*(?::|=|-|равен|είναι)?"
    r"|(?:答案|答复|正解|答え|答|結果|结果)\s*(?:是|为|為|は|:|,)?"
    r"|(?:정답|답)\s*(?:은|는|:)?"
    r"|(?:الإجابة|الجواب|النتيجة)\s*(?:هي|هو|:)?"
    r"|(?:उत्तर|जवाब)\s*:?)\s*:?\s*\**:?\s*",
    re.IGNORECASE | re.MULTILINE,
)
# A word before a colon, as in "Total: 42". It counts where no number and no formula comes later.
_LABELLED = re.compile(
    r"(?:^|(?<=[.\n]))\s*\**[^\W\d_]+(?: [^\W\d_]+){0,3}\**\s*:\**\s*(?=[^\n]*\d)", re.MULTILINE
)
_FORMULA = re.compile(
    r"\$\$(.+?)\$\$|(?<!\\)\$((?:[^$\n\\]|\\.){1,400}?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL
)
# "15 a day and " stands between two prices; "4 * " ends before the next one.
_BETWEEN_PRICES = re.compile(
    r"\s*\d[\d,.]*\s+(?!\\)[a-zA-Z]{1,20}\b(?!\s*[=<>^_(]).*|\s*\d.*[\s\-+*x×/=(]|\s*\d[\d,.]*/[a-z].*",
    re.DOTALL,
)
# gsm8k's marks for a calculator, and empty boxes.
_NOTHING = re.compile(r"<<[^<>\n]*>>|\$?\\(?:boxed|fbox)\s*\{\s*\}\$?")
_MINUS = re.compile(
    r"\bnegative\s+(?=\\?\$?[\d.])|(?:(?<=\bis )|(?<=[:=] )|^)minus\s+(?=\\?\$?[\d.])",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|approximately|exactly|just|simply|indeed|therefore|that|equal to|=|:|\s|\*)+",
    re.IGNORECASE,
)


def result_texts(answer: str) -> Iterator[ResultText]:
    """The texts in which an answer may say its result, the likeliest first."""
    answer = without_next_question(answer)
    box = last_box(answer)
    if box:
        yield ResultText(_boxes_in_a_row(answer) or box, formula=True)
        return
    # Only the end: what stands before it is the way there.
    text = _MINUS.sub("-", latex_characters(_NOTHING.sub("", answer[-END_CHARACTERS:])))
    # A student that ends inside its box has still said what is in it.
    open_box = _OPEN_BOX.search(text)
    if open_box and open_box[1].strip():
        yield ResultText(open_box[1].strip(), formula=True)
        return
    said = stated_result(text)
    if said:
        yield from _within(said)
        return
    if not _LABELLED.match(text):
        yield ResultText(text)
    formula = _last_formula(text)
    labelled = _last(_LABELLED, text)
    after_formula = labelled and (formula is None or labelled[0] >= formula.end())
    if labelled and after_formula and not NUMBER.search(text, labelled[1]):
        yield from _within(text[labelled[0] : labelled[1]])
    elif formula is not None:
        yield from _in_formula(text, formula)
    else:
        yield from last_number(text)


def _boxes_in_a_row(answer: str) -> str | None:
    """What the last boxes hold where only "and" or a comma stands between them, as one list."""
    row = _BOX_ROW.search(answer[-END_CHARACTERS:])
    return ", ".join(re.findall(_BOX, row[0])) if row else None


def stated_result(text: str) -> str | None:
    """What follows the last "the answer is", to the end of its sentence."""
    span = _last(_SAID, text)
    return text[slice(*span)].strip() if span else None


def _last(pattern: "re.Pattern[str]", text: str) -> tuple[int, int] | None:
    """Where the last text after a match begins and its sentence ends, if it says anything."""
    last = None
    for match in pattern.finditer(text):
        ends = SENTENCE_ENDS.search(text, match.end())
        end = ends.start() if ends else len(text)
        if text[match.end() : end].strip(" *:."):
            last = match.end(), end
    return last


def _within(sentence: str) -> Iterator[ResultText]:
    """A sentence, what it says after "=", at its beginning, in a formula, or as its last number."""
    yield ResultText(sentence)
    about = _ABOUT.match(sentence)
    begins = about.end() if about else 0
    number = NUMBER.match(sentence, begins)
    if number and not OPERATOR.match(sentence, number.end()):
        yield from with_words(sentence, number)
        return
    formula = _FORMULA.match(sentence, begins) or _last_formula(sentence)
    if formula is not None:
        yield from _in_formula(sentence, formula)
        return
    if "=" in sentence:
        yield ResultText(sentence.rpartition("=")[2])
    yield from last_number(sentence)


def _in_formula(text: str, formula: "re.Match[str]") -> Iterator[ResultText]:
    """What a formula holds, unless the sentence denies it or leaves others open."""
    if not is_denied(text, *formula.span()) and not is_bound(text, *formula.span()):
        yield ResultText(_inside(formula), formula=True)


def _inside(formula: "re.Match[str]") -> str:
    return next(part for part in formula.groups() if part is not None).strip()


def _last_formula(text: str) -> "re.Match[str] | None":
    """The last formula; what stands between two prices is none, nor is a variable's name."""
    found = None
    position = 0
    while match := _FORMULA.search(text, position):
        inner = _inside(match)
        position = match.end()
        if match[2] is not None and _BETWEEN_PRICES.fullmatch(match[2]):
            position = match.start() + 1  # the second dollar sign may begin a formula of its own
        elif len(inner) > 1 or not inner.isalpha():
            found = match
    return found
