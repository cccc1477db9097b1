"""Multiple choice: which letter an answer names, if it names one.

An answer names a choice by its letter or its text, in this order of weight: in its box; as all that
it says; in its last conclusion ("the answer is …"); at its beginning; in a weaker conclusion ("so
…", "I choose …", "B is right"); by the one letter in its last line that it does not deny.
"""

import re
from collections import deque

from breakeven.grading.boxes import last_box, without_next_question
from breakeven.grading.choices import Choices, choices_of, denied, undressed
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

# What takes back all that was said before it.
_TAKEN_BACK = re.compile(
    r"(?:(?<=[.!?,;:(\n—–-] )|(?<=[\n(—-])|^)(?:(?:oh|but|hmm),? )?"
    r"(?:wait|no|actually|hold on|correction|scratch that|sorry"
    r"|on second thought|let me correct that|i mean|i was wrong)\b ?[,.:;!—-]",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:no|scratch that|i was wrong)\b", re.IGNORECASE)

_IS = (
    r"(?:is|are|was|were|would be|will be|must be|should be|has to be|could be|may be|might be"
    r"|can be|seems to be|appears to be|be)\b"
)
# "The answer is", "Answer:", "the option that fits best is": what follows is the conclusion.
_SAID = re.compile(
    r"\b(?:answers?|choices?|options?|letter|alternative)\b(?! ?[({\[]?(?-i:[A-Z])\b)"
    rf"(?P<gap>[^.\n:;?!=]{{0,80}}?)(?:\b{_IS} ?[:=]?|[:=]|->|→| - )",
    re.IGNORECASE,
)
_SAID_AT_ONCE = re.compile(
    r"\banswer (?=[({\[]*[A-Z][)}\]]*(?:$|[.,;:\n]))|\b(?:i |i['’]d |i['’]ll |i would |i will )?"
    r"(?:final|correct|right|best) (?:answer|choice|option) (?=[({\[]*[A-Z][)}\]]*(?:$|[.,;:\n]))",
    re.IGNORECASE,
)
# The same in other languages; the letter follows at once, or after "is" or a colon.
_ELSEWHERE = re.compile(
    r"(?:\b(?:respuesta|opci[oó]n|r[ée]ponse|antwort|l[öo]sung|risposta|resposta|op[cç][aã]o"
    r"|antwoord|odpowied[źz]|odpov[ěe][ďd]|svar(?:et)?|vastaus|cevap|yan[ıi]t|jawaban|đáp án"
    r"|r[ăa]spuns(?:ul)?|v[áa]lasz|ответ|вариант|в[іi]дпов[іi]дь|απάντηση|jibu)\b"
    r"(?:(?! (?:no|non|nicht|pas|não|niet|nie|не|inte|ikke) )[^\W\d_]| ){0,40}?"
    r"(?: (?:es|est|ist|è|é|is|to|je|är|er|on|là|adalah|este|είναι|ni|sería|ser[áà]))?"
    r"(?: ?[:=—–-])?"
    r"|(?:答案|正解|答え|正确选项|正確選項|정답|답|回答|选项|故选|應選|应选|选择|選擇|选|選)"
    r"(?:应该是|應該是|是|为|為|は|은|는)?[:：]?"
    r"|(?:الإجابة|الجواب|उत्तर|উত্তর)(?: (?:الصحيحة|الصحيح|सही))?(?: (?:هي|هو|है))? ?:?)"
    r" ?(?<![A-Za-zÀ-ÿ])(?=[({\[]*(?-i:[A-Z])[)}\]]*(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_IT_IS_THE_ANSWER = re.compile(
    r"[({\[]{0,2}(?<![A-Za-z0-9'’])[A-Z][)}\]]{0,2} "
    r"(?:is|must be|would be|has to be)"
    r"(?: (?:clearly|therefore|thus|definitely|indeed|most likely))?"
    r" (?:the|my|our)(?: (?:only|most|correct|right|best|final|proper|likely|appropriate|true))*"
    r" (?:answer|choice|option|one)\b"
)
_IT_IS_RIGHT = re.compile(
    r"[({\[]{0,2}(?<![A-Za-z0-9'’])[A-Z][)}\]]{0,2} (?:is|must be|has to be|seems|looks)"
    r"(?: (?:clearly|therefore|thus|definitely|indeed|the|most|only|likely|probably))*"
    r" (?:correct|right|true|best)\b"
)
_SO = re.compile(
    r"(?:\b(?:it|that|this)(?:['’]s| (?:is|must be|has to be|would be|should be|was))"
    r"|\b(?:so|thus|therefore|hence|consequently|then)\b,?"
    r"(?: (?:it is|it['’]s|it must be|the result is|we get|we have|we choose))?"
    r"|\b(?:choose|chose|pick|picked|select|selected|say|guess|go with|go for|going with|went with"
    r"|think|believe|opt for)\b(?: (?:that )?(?:it is|it['’]s))?"
    r"|\bnot [({\[]?[A-Z][)}\]]?,? but(?: rather)?\b"
    r"|\b(?:therefore|thus|hence|so)\b[^.\n]{0,200}?\b(?:is|are|be) ?:)"
    r" ?(?:\b(?:probably|likely|definitely|clearly|simply|just|most likely|going to be) )?",
    re.IGNORECASE,
)
# "A, B", "(A) and (B)", "AB".
_LISTED = re.compile(
    r"[({\[<]*[A-Z][)}\]>]*(?:(?:, ?(?:and |or )?| ?(?:and|or|&|/) ?| )?[({\[<]*[A-Z][)}\]>]*)+"
)
_HEDGES = re.compile(
    r"[\s:=>-]*(?:(?:therefore|thus|then|most likely|probably|clearly|definitely|indeed|simply"
    r"|likely|actually|hence|also|still|surely|obviously|certainly|that it is)\b,? ?)*",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"\b(?:not|never|neither|nor|no|cannot|without)\b|n['’]t\b", re.IGNORECASE)
_NOT = re.compile(r"\s*(?:n['’]t\b|(?:\w+ly )?(?:not|never|neither|anything but)\b)", re.IGNORECASE)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|suppose|supposing|assume|assuming|unless|doubt"
    r"|(?:not|never|\w+n['’]t) (?:think|believe|say|mean|agree|see))\b[^.\n,;:!?]{0,40}$",
    re.IGNORECASE,
)
_LETTER_HERE = re.compile(r"[\s({\[<]*[A-Za-z]")
# More conclusions than that are looked at from the end, and of each so many characters.
_CONCLUSIONS = 40
_AHEAD = 2000
_QUESTION = re.compile(r"[^.\n!]{0,80}?\?")
_SAME_BREATH = re.compile(
    r"[\s.,;:!)}\]]*(?:(?:the|and|or|my|final|correct|so)\s+)*", re.IGNORECASE
)
# Words after which a lone letter is a conclusion; after others it is part of a name ("Plan B").
_LEADS = re.compile(
    r"(?:^>?|[\n.:;,!?→-]|[-=]>|\b(?:is|be|actually|rather|so|thus|therefore|hence|then|choose|pick|select|with|for|say|think"
    r"|guess|believe|answers?|option|choice|letter|alternative|probably|likely|definitely|clearly"
    r"|only|or|and|either|both|leaves|leaving|us|means|are|to)) ?$",
    re.IGNORECASE,
)


def grade_letter(answer: str, item: Item) -> Grade:
    """Compare the letter that an answer names with the reference.

    An answer that names no letter of the choices, or more than one, is unparsed.
    """
    letter = named_letter(answer, item.choices)
    if letter is None:
        return UNPARSED
    return parsed_grade(letter == item.reference.strip().upper(), letter)


def named_letter(answer: str, texts: tuple[str, ...]) -> str | None:
    """The one letter that an answer names, None where there is none or there are several."""
    choices, answer = choices_of(texts), without_next_question(answer)
    box = last_box(answer)
    if box is not None:
        # What stands before a box is the way to it, and is never looked at.
        named = _all_of(box, choices)
        if named is None:
            named = _concluded(undressed(box), choices)
        if named is not None:
            return _single(named)
        answer = answer[answer.rindex(box) + len(box) :] if box else answer[answer.rindex("}") :]
        return _single(_concluded(undressed(answer), choices))
    return _single(_after_corrections(undressed(answer), choices))


def _single(named: frozenset[str] | None) -> str | None:
    return next(iter(named)) if named and len(named) == 1 else None


def _after_corrections(text: str, choices: Choices) -> frozenset[str] | None:
    """What a text names after the last word that takes back what was said before."""
    whole = _all_of(text, choices)
    if whole is not None:
        return whole
    # A deque of one keeps the last match without a list of all.
    back = next(iter(deque(_TAKEN_BACK.finditer(text), maxlen=1)), None)
    if back is None or back.start() == 0:
        return _named(text, choices)
    # What "no" takes back is gone; after "wait" without another answer the first one stands.
    named = _named(text[back.end() :].strip(), choices)
    if named is not None or _NO.search(back[0]):
        return named
    return _named(text[: back.start()], choices)


def _named(text: str, choices: Choices) -> frozenset[str] | None:
    whole = _all_of(text, choices)
    if whole is not None:
        return whole
    concluded, begun = _concluded(text, choices), _begun(text, choices)
    if concluded is not None:
        # "B" and then "the answer is C": which is meant is not told.
        first = text.partition("\n")[0]
        alone = begun is not None and len(begun) == 1 and _all_of(first, choices) == begun
        return concluded | begun if alone and begun else concluded
    if begun is not None:
        return begun
    weak = _weakly_concluded(text, choices)
    return weak if weak is not None else _only_letter(text, choices)


def _all_of(text: str, choices: Choices) -> frozenset[str] | None:
    """What a text names that is a letter, a choice's text, or both, and nothing else."""
    plain = undressed(text)
    alone = re.fullmatch(
        r"(?:(?:option|choice|letter) )?[\s({\[<]*([A-Za-z])[\s)}\]>.:,;!]*", plain, re.IGNORECASE
    )
    if alone and choices.has(alone[1]):
        return frozenset({alone[1].upper()})
    same = choices.by_text(text)
    if same:
        return same
    marked = re.match(r"[({\[<]*([A-Za-z])(?:[)}\]>.:]+\s*|\n| - )(?=\S)", plain)
    if marked and choices.has(marked[1]):
        own = choices.by_text(plain[marked.end() :])
        letter = marked[1].upper()
        if own:
            return frozenset({letter}) if letter in own else own | {letter}
    if len(plain) < 200 and _LISTED.fullmatch(plain):
        listed = re.findall(r"[A-Z]", plain)
        if all(map(choices.has, listed)):
            return frozenset(listed)
    return None


def _concluded(text: str, choices: Choices) -> frozenset[str] | None:
    """What the last conclusion names; two that differ in one breath name both."""
    last: tuple[frozenset[str], int] | None = None
    for start, begin in reversed(_conclusions(text)[-_CONCLUSIONS:]):
        named = choices.named(text[begin : begin + _AHEAD])
        if named is None or _is_denied(text, start, begin):
            continue
        if last is None:
            last = named, start
            continue
        letter = _LETTER_HERE.match(text, begin)
        end = letter.end() if letter else begin
        apart = named.isdisjoint(last[0]) and _SAME_BREATH.fullmatch(text, end, last[1])
        return last[0] | named if apart else last[0]
    return last[0] if last else None


def _conclusions(text: str) -> list[tuple[int, int]]:
    """Where each conclusion starts, and where what it names begins."""
    spans = []
    for match in _SAID.finditer(text):
        if not _NEGATIVE.search(match["gap"]) and not _NOT.match(text, match.end()):
            hedges = _HEDGES.match(text, match.end())
            begin = hedges.end() if hedges else match.end()
            spans.append((match.start(), begin))
    for pattern in (_SAID_AT_ONCE, _ELSEWHERE):
        spans += [(match.start(), match.end()) for match in pattern.finditer(text)]
    spans += [(match.start(), match.start()) for match in _IT_IS_THE_ANSWER.finditer(text)]
    return sorted(spans)


def _is_denied(text: str, start: int, begin: int) -> bool:
    """Whether a conclusion is asked, supposed, or denied."""
    if _QUESTION.match(text, begin) or _SUPPOSED.search(text[max(0, start - 60) : start]):
        return True
    letter = _LETTER_HERE.match(text, begin)
    return bool(letter) and denied(text, begin, letter.end() if letter else begin)


def _begun(text: str, choices: Choices) -> frozenset[str] | None:
    """The letter with which a text begins: "B) because …", "C, as …"; a list of choices is none."""
    match = re.match(r"[({\[<]*([A-Za-z])(?:[)}\]>]*(?:[.:,;]?\s| - |[.:,;]?$)|[)}\]>]+)", text)
    if not match or not choices.has(match[1]) or denied(text, 0, match.end(1)):
        return None
    bracketed = re.match(r"[({\[<]*[A-Za-z][)}\]>.:]|[({\[<]*[A-Za-z]\n", text)
    if not bracketed and not re.match(r"[A-Z](?:,| (?:because|since|as|-))(?=\s)", text):
        return None
    if match[1] == "I" and not re.match(r"[({\[<]*I[)}\]>.:\n]", text):
        return None
    # An answer that begins by listing the choices has not chosen "A".
    others = {one.upper() for one in re.findall(r"(?<![A-Za-z0-9])([A-Za-z])\)", text[:4000])}
    others |= set(re.findall(r"^([A-Z])[.:] ", text[:4000], re.MULTILINE))
    named = choices.named(text) or frozenset()
    return named | {one for one in others if choices.has(one)} | {match[1].upper()}


def _weakly_concluded(text: str, choices: Choices) -> frozenset[str] | None:
    """What "so …", "it is …", "I choose …" and "B is right" name, all of them together."""
    spans = [match.span() for match in _SO.finditer(text)]
    spans += [(match.start(), match.start()) for match in _IT_IS_RIGHT.finditer(text)]
    named: frozenset[str] = frozenset()
    for start, begin in sorted(spans)[-_CONCLUSIONS:]:
        one = choices.named(text[begin : begin + _AHEAD])
        if one is not None and not _is_denied(text, start, begin):
            named |= one
    return named or None


def _only_letter(text: str, choices: Choices) -> frozenset[str] | None:
    """The letters of the last line that are not denied and no part of a name."""
    line = text.rpartition("\n")[2][-_AHEAD:]
    found_ones = [one for one in choices.mentions(line) if _leads(line, one)]
    letters = frozenset(one[2] for one in found_ones)
    if len(found_ones) == 1:
        (one,) = found_ones
        own = choices.by_text(line[: one.start()] + line[one.end() :])
        letters |= own if not letters & own else frozenset()  # "7 (C)", where 7 is B
    return letters or None


def _leads(line: str, letter: "re.Match[str]") -> bool:
    """Whether a letter in a line is a conclusion: no question, no supposition, no name's part."""
    before = line[max(0, letter.start() - 60) : letter.start()]
    bracketed = bool(letter[1] and letter[3])
    if re.search(r"[A-Za-z_]{2}$", before) and not _LEADS.search(before):
        return False  # print(B)
    if _QUESTION.match(line, letter.end()) or _SUPPOSED.search(before):
        return False
    return bracketed or bool(_LEADS.search(before))
