"""IFEval: whether an answer follows every instruction of its prompt, by lm-evaluation-harness.

The checkers are those that `lm_eval.tasks.ifeval` ships (Zhou et al. 2023, arXiv 2311.07911). Right
is "prompt-level strict": all instructions, on the answer as it is. They would draw a random
parameter where an item gives none, and guess languages with an unseeded detector: both are seeded
here, so that the same answer has the same grade. They would also draw a letter where an item asks
for a sign to be counted ("!", "#"), and read words to be found as patterns; here both are meant as
they are written.
"""

import contextlib
import functools
import importlib
import io
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from breakeven.core.errors import InputError, MachineError, did_you_mean
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

# Checkers that part a text into sentences or words with a model that NLTK fetches.
_NEED_PUNKT = frozenset(
    {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
)
_FOLDER = "tokenizers/punkt_tab"
_LETTERS = "keywords:letter_frequency"
_FORBIDDEN = "keywords:forbidden_words"
# Arguments that the checkers put into a pattern; postscripts of these two are patterns of theirs.
_WORDS = ("keywords", "keyword", "starter", "section_spliter", "postscript_marker")
_LISTS = ("keywords", "forbidden_words")
_NUMBERS = ("frequency", "let_frequency", "capital_frequency", "nth_paragraph")
_POSTSCRIPTS = ("P.S.", "P.P.S")
# More white space in a row than that says nothing more.
_GAP = 50
_LONG_GAP = re.compile(rf"\s{{{2 * _GAP},}}")


def grade_ifeval(answer: str, item: Item) -> Grade:
    """Check an answer against `meta.instruction_id_list` with `meta.kwargs` and `meta.prompt`.

    Raises:
        InputError: the item lacks them or names an unknown instruction.
        MachineError: an instruction needs NLTK's `punkt_tab`, and it is not installed.
    """
    names, arguments = _instructions(item)
    if not answer.strip():
        return UNPARSED
    prompt = str(item.meta.get("prompt") or item.prompt)
    # The checkers draw from the module's generator, whose state belongs to whoever calls.
    state = random.getstate()
    try:
        random.seed(item.id)
        followed = [
            _follows(checker, name, answer)
            for name, checker in _built(item, names, arguments, prompt)
        ]
    finally:
        random.setstate(state)
    return parsed_grade(all(followed))


def _instructions(item: Item) -> tuple[Sequence[str], Sequence[Mapping[str, Any]]]:
    """Names and arguments of an item's instructions, checked."""
    where = f"item {item.id} of {item.task}: meta"
    names, arguments = item.meta.get("instruction_id_list"), item.meta.get("kwargs")
    if not isinstance(names, list) or not names:
        raise InputError(f"{where}.instruction_id_list: value is {names!r}; use a list of names")
    if not isinstance(arguments, list) or len(arguments) != len(names):
        raise InputError(f"{where}.kwargs: use a list of {len(names)}, one for each instruction")
    checkers = _checkers()
    for name in names:
        if name not in checkers:
            raise InputError(
                f"{where}.instruction_id_list: value is {name!r}; "
                f"{did_you_mean(str(name), checkers)}"
            )
        if name in _NEED_PUNKT and not _punkt_is_installed():
            raise MachineError(
                f"item {item.id} of {item.task}: the check {name} needs NLTK's punkt_tab; "
                "run `python -m nltk.downloader punkt_tab` once, with a network, or copy its "
                "folder to nltk_data/tokenizers/ in your home"
            )
    return names, [given or {} for given in arguments]


def _built(
    item: Item, names: Sequence[str], arguments: Sequence[Mapping[str, Any]], prompt: str
) -> Iterator[tuple[str, Any]]:
    """Each instruction's name and checker; raises InputError where it does not take its arguments.

    Arguments without a value are left out.
    """
    for number, (name, given) in enumerate(zip(names, arguments, strict=True)):
        checker = _checkers()[name](name)
        # What a checker raises on arguments that it does not take differs from one to the next.
        try:
            checker.build_description(**_literal(given))
            wanted = checker.get_instruction_args()
            if wanted and "prompt" in wanted:
                checker.build_description(prompt=prompt)
            if name == _LETTERS and given.get("letter") is not None:
                checker._letter = _sign(given["letter"])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            shown = " ".join(f"{type(error).__name__} {error}".split())
            raise InputError(
                f"item {item.id} of {item.task}: meta.kwargs[{number}]: value is {dict(given)!r}; "
                f"{name} does not take it ({shown}); correct the row or leave it out"
            ) from error
        # lm-eval takes forbidden words for patterns, and finds a sign only between two letters.
        if name == _FORBIDDEN:
            yield name, [_whole_word(word) for word in given.get("forbidden_words") or ()]
        else:
            yield name, checker


def _literal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that have a value, with words to be found as patterns of themselves."""
    found = {key: value for key, value in given.items() if value is not None}
    for key, value in found.items():
        if not _is_fit(key, value):
            raise TypeError(f"{key} {value!r}")
    return {key: _escaped(value) if key in _WORDS else value for key, value in found.items()}


def _is_fit(key: str, value: object) -> bool:
    """Whether an argument is of the type that its name tells: a number, a list of texts, a text."""
    if key.startswith("num_") or key in _NUMBERS:
        return isinstance(value, int | float)
    if key in _LISTS:
        return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    return isinstance(value, str)


def _escaped(value: Any) -> Any:  # noqa: ANN401 - a text or a list of them
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return value if value in _POSTSCRIPTS else re.escape(value)


def _sign(letter: Any) -> str:  # noqa: ANN401
    if not isinstance(letter, str) or len(letter.strip()) != 1:
        raise ValueError(f"one letter or sign is wanted, not {letter!r}")
    return letter.strip().lower()


def _whole_word(word: str) -> "re.Pattern[str]":
    """The word as it stands, not inside of another; a sign wherever it stands."""
    left, right = (r"\b" if re.match(r"\w", end) else "" for end in (word[:1], word[-1:]))
    return re.compile(left + re.escape(word) + right, re.IGNORECASE)


def _follows(checker: Any, name: str, answer: str) -> bool:  # noqa: ANN401 - lm-eval is not typed
    """Whether one instruction is followed; a checker that fails has not found it followed."""
    if name == _FORBIDDEN:
        return not any(word.search(answer) for word in checker)
    try:
        return bool(checker.check_following(_SHORTER.get(name, str)(answer)))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return False


def _closed_by(mark: str) -> Callable[[str], str]:
    """Every line of a text up to the last mark that closes something: it holds the same of it."""

    def closed(text: str) -> str:
        ends = ((line, line.rfind(mark) + len(mark)) for line in text.split("\n"))
        return "\n".join(line[:end] if end >= len(mark) else "" for line, end in ends)

    return closed


def _without_long_gaps(text: str) -> str:
    return _LONG_GAP.sub(lambda gap: gap[0][:_GAP] + gap[0][-_GAP:], text)


# What checkers find in these texts is the same; their patterns take minutes over a long row of
# brackets that nothing closes, or of line breaks.
_SHORTER: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "detectable_content:number_placeholders": _closed_by("]"),
        "detectable_content:postscript": _without_long_gaps,
        "detectable_format:constrained_response": _without_long_gaps,
        "detectable_format:number_bullet_lists": _without_long_gaps,
        "detectable_format:title": _closed_by(">>"),
    }
)


@functools.cache
def _punkt_is_installed() -> bool:
    try:
        importlib.import_module("nltk").data.find(_FOLDER)
    except LookupError:
        return False
    return True


@functools.cache
def _checkers() -> Mapping[str, Any]:
    """lm-eval's checkers by the name of their instruction."""
    with _no_download():
        registry = importlib.import_module("lm_eval.tasks.ifeval.instructions_registry")
    # A class attribute that lasts: langdetect samples a text's letters at random.
    importlib.import_module("langdetect").DetectorFactory.seed = 0
    checkers: Mapping[str, Any] = registry.INSTRUCTION_DICT
    return checkers


@contextlib.contextmanager
def _no_download() -> Iterator[None]:
    """Importing the checkers fetches what NLTK lacks; nothing is to be fetched unasked."""
    nltk: Any = importlib.import_module("nltk")
    download = nltk.download
    nltk.download = lambda *_, **__: False
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it says that it has fetched them
            yield
    finally:
        nltk.download = download
