"""Every check of a params file, in the order of its sections."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from breakeven.checking.cost_checks import check_costs
from breakeven.checking.data_checks import check_sources, check_tasks
from breakeven.checking.decoding_checks import check_decodings
from breakeven.checking.fairness import check_controls, check_rates
from breakeven.checking.lesson_checks import check_arm_lessons
from breakeven.checking.model_checks import check_students
from breakeven.checking.problems import FILE, Finding
from breakeven.checking.prompt_checks import check_prompts
from breakeven.checking.service_checks import check_grading, check_machine, check_teacher
from breakeven.params import Params

Check = Callable[[Params], Iterator[Finding]]

# These render every text in every student's tokens.
OF_TEXTS: tuple[Check, ...] = (check_arm_lessons, check_prompts)
# From the cheapest to the dearest: what is told first is told at once.
CHECKS: tuple[Check, ...] = (
    check_rates,
    check_controls,
    check_costs,
    check_grading,
    check_sources,
    check_tasks,
    check_machine,
    check_teacher,
    check_students,
    check_decodings,
    *OF_TEXTS,
)


def check_params(params: Params, path: Path, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """What a stage would refuse, and what a person may not have meant; each line once.

    Nothing is asked of a network: what is on the hub or behind an endpoint is met when it is used.
    Libraries are imported only where a row needs them. Lines name `path`.
    """
    from tqdm import tqdm

    seen: set[str] = set()
    # In a terminal alone: what is being looked at, as weights and texts take their time.
    bar = tqdm(checks, desc="check", leave=False, disable=None)
    for check in bar:
        bar.set_postfix_str(check.__name__.removeprefix("check_").replace("_", " "))
        for found in check(params):
            # Checks speak of params.yaml, as the stages do; what was given may be a profile.
            line = f"{path}{found.line.removeprefix(FILE)}"
            if line not in seen:
                seen.add(line)
                yield found._replace(line=line)
