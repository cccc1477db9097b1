"""Prompts, completions and training examples as token ids."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.errors import InputError
from breakeven.pairs.pair import with_trace
from breakeven.rendering.chat import chat_frame
from breakeven.rendering.encoding import encode_text, starts_with_bos, think_marks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The label that cross-entropy ignores, as torch and transformers have it.
NO_LABEL = -100


class Shot(NamedTuple):
    """A worked example for an untrained student; its answer is one line."""

    prompt: str
    answer: str


class Example(NamedTuple):
    """A training example: ids of prompt and completion, and where the completion begins."""

    input_ids: tuple[int, ...]
    labels_start: int

    @property
    def labels(self) -> tuple[int, ...]:
        """The ids that the loss is computed on, `NO_LABEL` at the prompt's positions."""
        return (NO_LABEL,) * self.labels_start + self.input_ids[self.labels_start :]


def render_prompt(
    tokenizer: "PreTrainedTokenizerBase", prompt: str, shots: Sequence[Shot | tuple[str, str]] = ()
) -> list[int]:
    """Token ids that a student reads before it writes.

    Without shots, the tokenizer's chat template with its generation prompt. With shots, plain text
    for a student that has learnt no template: `Question: …\\nAnswer: …\\n\\n` for each, then the
    question; the answer ends at the line's end. Special tokens in any prompt stay text.
    """
    if shots:
        return _plain_prompt(tokenizer, prompt, shots)
    frame = chat_frame(tokenizer)
    text = prompt.strip() if frame.trims else prompt
    return [*frame.before, *encode_text(tokenizer, text), *frame.after]


def render_completion(
    tokenizer: "PreTrainedTokenizerBase", thinking: str | None, answer: str
) -> list[int]:
    """Token ids of what a student learns to write, with the end token.

    `thinking` None is the plain style. The think marks are tokens where the tokenizer has them and
    text otherwise; marks inside the trace or the answer always stay text.
    """
    end_id = chat_frame(tokenizer).end_id
    if thinking is None:
        return [*encode_text(tokenizer, answer), end_id]
    marks = think_marks(tokenizer)
    if marks is None:
        return [*encode_text(tokenizer, with_trace(thinking, answer)), end_id]
    return [
        marks.open_id,
        *encode_text(tokenizer, f"\n{thinking}\n"),
        marks.close_id,
        *encode_text(tokenizer, f"\n\n{answer}"),
        end_id,
    ]


def render_example(
    tokenizer: "PreTrainedTokenizerBase", prompt: str, thinking: str | None, answer: str
) -> Example:
    """A training example: the prompt as it is read when answering, and the completion.

    Raises:
        InputError: the tokenizer has no tokens for a part of the completion, so that another text
            would be learnt.
    """
    before = render_prompt(tokenizer, prompt)
    completion = render_completion(tokenizer, thinking, answer)
    text = answer if thinking is None else with_trace(thinking, answer)
    learnt = decode(tokenizer, completion)
    wanted = text + decode(tokenizer, completion[-1:])
    if _composed(learnt) != _composed(wanted):
        raise InputError(
            f"completion: {_first_difference(wanted, learnt)} cannot be written in this "
            "tokenizer; remove the pair or use another student"
        )
    return Example(tuple(before + completion), len(before))


def decode(tokenizer: "PreTrainedTokenizerBase", ids: Sequence[int]) -> str:
    """The text of token ids, special tokens included."""
    return str(
        tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
    )


def _plain_prompt(
    tokenizer: "PreTrainedTokenizerBase", prompt: str, shots: Sequence[Shot | tuple[str, str]]
) -> list[int]:
    examples = "".join(f"Question: {asked}\nAnswer: {told}\n\n" for asked, told in shots)
    text = f"{examples}Question: {prompt}\nAnswer:{_space_before_answers(tokenizer)}"
    bos = [int(tokenizer.bos_token_id)] if starts_with_bos(tokenizer) else []
    return bos + encode_text(tokenizer, text)


@functools.lru_cache(maxsize=8)
def _space_before_answers(tokenizer: "PreTrainedTokenizerBase") -> str:
    """The space after `Answer:` where it is a token of the question, nothing where it is not.

    Most tokenizers join a space to the word after it. A prompt that ended with it would then leave
    the student in front of a word that never follows a space.
    """
    apart = encode_text(tokenizer, "Answer: ")
    joined = encode_text(tokenizer, "Answer: Yes")
    return " " if joined[: len(apart)] == apart else ""


def _composed(text: str) -> str:
    # Qwen's tokenizers compose accents (é as one character), which changes no text.
    return unicodedata.normalize("NFC", text)


def _first_difference(wanted: str, learnt: str) -> str:
    pairs = zip(wanted, learnt, strict=False)
    start = next((at for at, (one, other) in enumerate(pairs) if one != other), len(learnt))
    return f"{wanted[start : start + 1]!r} (character {start + 1})"
