"""IFEval: whether an answer follows every instruction of its prompt, by lm-evaluation-harness.

The checkers are those that `lm_eval.tasks.ifeval` ships (Zhou et al. 2023, arXiv 2311.07911). Right
is "prompt-level strict": all instructions, on the answer as it is. They would draw a random
parameter where an item gives none, and guess languages with an unseeded detector: both are seeded
here, so that the same answer has the same grade.
"""

import contextlib
import functools
import importlib
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from breakeven.errors import InputError, MachineError, did_you_mean
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.tasks.items import Item

# Checkers that part a text into sentences or words with a model that NLTK fetches.
_NEED_PUNKT = frozenset(
    {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
)
_FOLDER = "tokenizers/punkt_tab"
# Its pattern for [a placeholder] takes minutes over a long row of brackets that nothing closes.
_PLACEHOLDERS = "detectable_content:number_placeholders"


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
    state = random.getstate()
    try:
        random.seed(item.id)
        followed = [
            _follows(name, given, prompt, answer)
            for name, given in zip(names, arguments, strict=True)
        ]
    finally:
        random.setstate(state)
    return found(all(followed))


def _instructions(item: Item) -> tuple[Sequence[str], Sequence[Mapping[str, Any]]]:
    """Names and arguments of an item's instructions, checked."""
    where = f"item {item.id} of {item.task}: meta"
    names, arguments = item.meta.get("instruction_id_list"), item.meta.get("kwargs")
    if not isinstance(names, list) or not names:
        raise InputError(f"{where}.instruction_id_list: value is {names!r}; use a list of names")
    if not isinstance(arguments, list) or len(arguments) != len(names):
        raise InputError(f"{where}.kwargs: use a list of {len(names)}, one for each instruction")
    known = _checkers()
    for name in names:
        if name not in known:
            raise InputError(
                f"{where}.instruction_id_list: value is {name!r}; {did_you_mean(str(name), known)}"
            )
        if name in _NEED_PUNKT and not _punkt_is_installed():
            raise MachineError(
                f"item {item.id} of {item.task}: the check {name} needs NLTK's punkt_tab; "
                "run `python -m nltk.downloader punkt_tab` once, with a network, or copy its "
                "folder to nltk_data/tokenizers/ in your home"
            )
    return names, [given or {} for given in arguments]


def _follows(name: str, given: Mapping[str, Any], prompt: str, answer: str) -> bool:
    """Whether one instruction is followed; as lm-eval does, arguments without a value are left out.

    A checker that fails on an answer has not found its instruction followed.
    """
    checker = _checkers()[name](name)
    checker.build_description(**{key: value for key, value in given.items() if value})
    wanted = checker.get_instruction_args()
    if wanted and "prompt" in wanted:
        checker.build_description(prompt=prompt)
    try:
        return bool(checker.check_following(_closed(answer) if name == _PLACEHOLDERS else answer))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return False


def _closed(text: str) -> str:
    """Every line of a text up to its last closing bracket: it holds the same placeholders."""
    return "\n".join(line[: line.rfind("]") + 1] for line in text.split("\n"))


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
