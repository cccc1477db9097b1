"""A problem as an open question or as multiple choice, and what a teacher writes for each."""

from functools import partial

from breakeven.core.errors import InputError
from breakeven.procedural.checked import checked_steps
from breakeven.procedural.problem import Problem

LETTERS = "ABCD"
FORMATS = ("open", "choice")


def prompt(problem: Problem, form: str) -> str:
    """The user's text in the given format ("open" or "choice")."""
    return choice_prompt(problem) if _checked(form) == "choice" else problem.question


def reference(problem: Problem, form: str) -> str:
    """The right answer in the given format: the answer itself, or its letter alone."""
    return choice_letter(problem) if _checked(form) == "choice" else problem.answer


def trace(
    problem: Problem, form: str, *, checks: int = 0, slips: float = 0.0, explores: bool = False
) -> str:
    """The worked steps, with rounds of checks where asked for (`checked_steps`).

    One that `explores` shows the whole search of a problem that has one. In the choice format
    traces end by naming the letter.
    """
    choice = _checked(form) == "choice"
    if explores and problem.explored is not None:
        problem = problem._replace(steps=problem.explored)
    if checks:
        named = partial(named_choice, problem) if choice else str
        return checked_steps(problem, checks=checks, slips=slips, named=named)
    return choice_trace(problem) if choice else problem.steps


def choice_prompt(problem: Problem) -> str:
    """The question, then one lettered line for each choice."""
    return f"{problem.question}\n{choice_lines(problem.choices)}"


def choice_lines(choices: tuple[str, ...]) -> str:
    """`A) …` lines, in the order given."""
    return "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, choices, strict=True))


def choice_letter(problem: Problem) -> str:
    """The letter of the right choice."""
    return LETTERS[problem.choices.index(problem.answer)]


def choice_trace(problem: Problem) -> str:
    """The worked steps and the letter they lead to."""
    # The letter beside what it labels, as in the prompt: four tokens further on, bases of 0.1M and
    # 2M parameters stayed at chance (docs/decisions.md, 2026-11-24).
    return f"{problem.steps.removesuffix('.')} ({choice_letter(problem)})."


def named_choice(problem: Problem, item: str) -> str:
    """An item with its letter, `6 (C)`; the item alone where it is none of the choices."""
    if item not in problem.choices:
        return item
    return f"{item} ({LETTERS[problem.choices.index(item)]})"


def worked_answer(problem: Problem, final: str) -> str:
    """The steps as working that a reader sees, and the answer on a line of its own."""
    return f"{working(problem)}\nAnswer: {final}"


def working(problem: Problem) -> str:
    """The worked steps without the sentence that names the answer."""
    return problem.steps.removesuffix(f" So {problem.answer}.")


def _checked(form: str) -> str:
    if form not in FORMATS:
        raise InputError(f"format: value is {form!r}; use one of {', '.join(FORMATS)}")
    return form
