"""Prompts, completions and training examples as token ids."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.errors import InputError
from breakeven.pairs.pair import with_trace
from breakeven.rendering.chat import chat_frame
from breakeven.rendering.encoding import encode_texts, starts_with_bos, think_marks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The label that cross-entropy ignores, as torch and transformers have it.
NO_LABEL = -100


class Shot(NamedTuple):
    """A worked example for an untrained student; its answer is one line."""

    prompt: str
    answer: str


class Lesson(NamedTuple):
    """A prompt and what a student is to write for it; `thinking` None is the plain style."""

    prompt: str
    thinking: str | None
    answer: str

    @property
    def completion(self) -> str:
        """The text to learn, without the end token."""
        return self.answer if self.thinking is None else with_trace(self.thinking, self.answer)


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
    parts = _plain_parts(tokenizer, prompt, shots) if shots else _chat_parts(tokenizer, prompt)
    return _encoded(tokenizer, [parts])[0]


def render_completion(
    tokenizer: "PreTrainedTokenizerBase", thinking: str | None, answer: str
) -> list[int]:
    """Token ids of what a student learns to write, with the end token.

    `thinking` None is the plain style. The think marks are tokens where the tokenizer has them and
    text otherwise; marks inside the trace or the answer always stay text.
    """
    return _encoded(tokenizer, [_completion_parts(tokenizer, Lesson("", thinking, answer))])[0]


def render_example(
    tokenizer: "PreTrainedTokenizerBase", prompt: str, thinking: str | None, answer: str
) -> Example:
    """A training example: the prompt as it is read when answering, and the completion.

    Raises:
        InputError: the tokenizer has no tokens for a part of the completion, so that another text
            would be learnt.
    """
    return render_examples(tokenizer, [Lesson(prompt, thinking, answer)])[0]


def render_examples(
    tokenizer: "PreTrainedTokenizerBase", lessons: Sequence[Lesson]
) -> list[Example]:
    """Many examples at once, which takes a fifth of the time; raises as `render_example`."""
    prompts = [_chat_parts(tokenizer, lesson.prompt) for lesson in lessons]
    completions = [_completion_parts(tokenizer, lesson) for lesson in lessons]
    ids = _encoded(tokenizer, [*prompts, *completions])
    before, after = ids[: len(lessons)], ids[len(lessons) :]
    _check_learnt(tokenizer, lessons, after)
    return [
        Example((*prompt, *completion), len(prompt))
        for prompt, completion in zip(before, after, strict=True)
    ]


def decode(tokenizer: "PreTrainedTokenizerBase", ids: Sequence[int]) -> str:
    """The text of token ids, special tokens included."""
    return decode_all(tokenizer, [ids])[0]


def decode_all(tokenizer: "PreTrainedTokenizerBase", rows: Sequence[Sequence[int]]) -> list[str]:
    """The text of each row of token ids, special tokens included."""
    if not rows:
        return []
    return list(
        tokenizer.batch_decode(
            [list(row) for row in rows],
            skip_special_tokens=False,
            clean_up_tokenization_spaces=False,
        )
    )


def _chat_parts(tokenizer: "PreTrainedTokenizerBase", prompt: str) -> list[str | int]:
    frame = chat_frame(tokenizer)
    return [*frame.before, prompt.strip() if frame.trims else prompt, *frame.after]


def _plain_parts(
    tokenizer: "PreTrainedTokenizerBase", prompt: str, shots: Sequence[Shot | tuple[str, str]]
) -> list[str | int]:
    examples = "".join(f"Question: {asked}\nAnswer: {told}\n\n" for asked, told in shots)
    text = f"{examples}Question: {prompt}\nAnswer:{_space_before_answers(tokenizer)}"
    return [int(tokenizer.bos_token_id), text] if starts_with_bos(tokenizer) else [text]


def _completion_parts(tokenizer: "PreTrainedTokenizerBase", lesson: Lesson) -> list[str | int]:
    end_id = chat_frame(tokenizer).end_id
    marks = think_marks(tokenizer)
    if lesson.thinking is None or marks is None:
        return [lesson.completion, end_id]
    thinking, answer = f"\n{lesson.thinking}\n", f"\n\n{lesson.answer}"
    return [marks.open_id, thinking, marks.close_id, answer, end_id]


def _encoded(
    tokenizer: "PreTrainedTokenizerBase", rows: Sequence[Sequence[str | int]]
) -> list[list[int]]:
    """Rows of text and of token ids as token ids; a text that occurs twice is encoded once."""
    texts = list({part: None for row in rows for part in row if isinstance(part, str)})
    ids = dict(zip(texts, encode_texts(tokenizer, texts), strict=True))
    return [
        [token for part in row for token in (ids[part] if isinstance(part, str) else (part,))]
        for row in rows
    ]


def _check_learnt(
    tokenizer: "PreTrainedTokenizerBase", lessons: Sequence[Lesson], completions: list[list[int]]
) -> None:
    end = decode(tokenizer, [chat_frame(tokenizer).end_id])
    for lesson, text in zip(lessons, decode_all(tokenizer, completions), strict=True):
        wanted = _composed(lesson.completion + end)
        if _composed(text) != wanted:
            raise InputError(
                f"prompt {lesson.prompt[:40]!r}: its completion holds "
                f"{_first_difference(wanted, _composed(text))}, which this tokenizer cannot "
                "write; remove the pair or use another student"
            )


@functools.lru_cache(maxsize=8)
def _space_before_answers(tokenizer: "PreTrainedTokenizerBase") -> str:
    """The space after `Answer:` where it is a token of the question, nothing where it is not.

    Most tokenizers join a space to the word after it. A prompt that ended with it would then leave
    the student in front of a word that never follows a space.
    """
    apart, joined = encode_texts(tokenizer, ["Answer: ", "Answer: Yes"])
    return " " if joined[: len(apart)] == apart else ""


def _composed(text: str) -> str:
    # Qwen's tokenizers compose accents (é as one character), which changes no text.
    return unicodedata.normalize("NFC", text)


def _first_difference(wanted: str, learnt: str) -> str:
    pairs = zip(wanted, learnt, strict=False)
    start = next((at for at, (one, other) in enumerate(pairs) if one != other), len(learnt))
    return f"{wanted[start : start + 1]!r} (character {start + 1})"
