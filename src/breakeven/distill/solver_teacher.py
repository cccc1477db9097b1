"""The solver: a teacher that writes the exact worked solution of a procedural prompt."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.params import SolverTeacher
from breakeven.rows.completion import Completion
from breakeven.rows.prompt import Prompt

# The tokenizer counts many texts at once faster than one by one; only these are in memory.
_PROMPTS_AT_ONCE = 1000


def solve(teacher: SolverTeacher, prompts: Iterable[Prompt], style: str) -> Iterator[Completion]:
    """Answer every prompt in one style: without a trace, or the worked steps and the answer.

    Tokens are counted with the teacher's tokenizer; a solver has no FLOPs to count.

    Raises:
        InputError: a prompt has no worked solution, or the tokenizer's file is missing.
        MachineError: the model whose tokenizer counts cannot be had here.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_tokenizer_file(teacher)))
    tokenizer.encode_special_tokens = True  # text that looks like a special token is text

    def count(texts: Iterable[str]) -> list[int]:
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(one.ids) for one in encoded]

    coming = iter(prompts)
    while some := list(islice(coming, _PROMPTS_AT_ONCE)):
        solved = [_solution(prompt, style) for prompt in some]
        counts = zip(
            count(prompt.prompt for prompt in some),
            count(thinking for thinking, _ in solved),
            count(answer for _, answer in solved),
            strict=True,
        )
        for prompt, (thinking, answer), tokens in zip(some, solved, counts, strict=True):
            yield Completion(prompt.id, style, thinking, answer, *tokens)


def _tokenizer_file(teacher: SolverTeacher) -> Path:
    if teacher.model is not None:
        from breakeven.models.weights import weights_folder

        folder = weights_folder(teacher.model, "params.yaml: teacher.model")
    else:
        folder = Path(str(teacher.tokenizer))
    file = folder / "tokenizer.json"
    if not file.is_file():
        key = "tokenizer" if teacher.model is None else "model"
        raise InputError(f"params.yaml: teacher.{key}: no tokenizer.json in {folder}")
    return file


def _solution(prompt: Prompt, style: str) -> tuple[str, str]:
    """Trace and answer in a style; the trace is empty in the plain one."""
    if prompt.solution is None or prompt.reference is None:
        raise InputError(
            f"params.yaml: teacher: the solver cannot answer {prompt.id} of the source "
            f"{prompt.source!r}: it has no `solution` and `reference`; add both to its rows, or "
            f"use a source of kind procedural or a data set of reasoning-gym that has solutions"
        )
    if style == "reasoning":
        return prompt.solution, str(prompt.final_answer)
    return "", str(prompt.plain_answer)
