"""Prompts, completions and training examples as token ids."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.core.errors import InputError
from breakeven.rendering.chat import chat_frame
from breakeven.rendering.encoding import Markup, encode_rows, encode_texts, starts_with_bos
from breakeven.rows.traces import THINK_CLOSE, THINK_OPEN, is_trace_open, with_trace

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
        """The text to learn, without the end token and what a template puts around it."""
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
    tokenizer: "PreTrainedTokenizerBase",
    prompt: str,
    shots: Sequence[Shot | tuple[str, str]] = (),
    *,
    begun: str = "",
) -> list[int]:
    """Token ids that a student reads before it writes.

    Without shots, the tokenizer's chat template with its generation prompt. With shots, plain text
    for a student that has learnt no template: `Question: …\\nAnswer: …\\n\\n` for each, then the
    question; the answer ends at the line's end. Special tokens in any prompt stay text.

    What is `begun` of the answer follows, as a student that writes it itself has it in its context:
    think marks in it are tokens where the tokenizer has them.
    """
    if shots:
        return _plain_ids(tokenizer, prompt, shots, begun)
    parts = _chat_parts(tokenizer, prompt)
    if not begun:
        return encode_rows(tokenizer, [parts])[0]
    written = [Markup(begun)]
    ids, whole = encode_rows(tokenizer, [parts, [*parts, *written]])
    return [*ids, *_continuation(tokenizer, ids, whole, written)]


def begun_answer(
    tokenizer: "PreTrainedTokenizerBase",
    thinking: Literal["off", "forced"] | None,
    prefill: str,
) -> str:
    """What an answer begins with behind the generation prompt of a chat.

    Thinking that is `off` is an empty trace, as the template writes one before a plain answer or,
    where it writes none, as the study's texts have it; `forced` is the mark that opens a trace,
    unless the prompt has it already.
    """
    if thinking is None:
        return prefill
    frame = chat_frame(tokenizer)
    if thinking == "forced":
        return frame.traced + prefill
    empty = frame.plain if THINK_CLOSE in frame.plain else frame.plain + with_trace("", "")
    return empty + prefill


def leaves_trace_open(
    tokenizer: "PreTrainedTokenizerBase",
    shots: Sequence[Shot | tuple[str, str]] = (),
    *,
    begun: str = "",
) -> bool:
    """Whether a student goes on in a trace, which its prompt or what is `begun` has opened."""
    opened = not shots and chat_frame(tokenizer).opened
    return is_trace_open(begun.rfind(THINK_OPEN), begun.rfind(THINK_CLOSE), opened=opened)


def render_examples(
    tokenizer: "PreTrainedTokenizerBase", lessons: Sequence[Lesson]
) -> list[Example]:
    """Training examples: the prompts as they are read when answering, and the completions.

    A completion's ids are those of the whole conversation, unless its first token there reaches
    into the prompt: then it is encoded alone. The think marks are tokens where the tokenizer has
    them and text otherwise; marks inside a trace or an answer always stay text. What the prompt has
    written of a trace already is left out. All at once take a fifth of the time of one by one.

    Raises:
        InputError: the tokenizer has no tokens for a part of a completion, so that another text
            would be learnt.
    """
    prompts = [_chat_parts(tokenizer, lesson.prompt) for lesson in lessons]
    written = [_completion_parts(tokenizer, lesson) for lesson in lessons]
    wholes = [[*prompt, *parts] for prompt, parts in zip(prompts, written, strict=True)]
    ids = encode_rows(tokenizer, [*prompts, *wholes])
    prompt_ids, whole_ids = ids[: len(lessons)], ids[len(lessons) :]
    end_id = chat_frame(tokenizer).end_id
    examples = []
    for prompt, whole, parts in zip(prompt_ids, whole_ids, written, strict=True):
        completion = _continuation(tokenizer, prompt, whole, parts)
        examples.append(Example((*prompt, *completion, end_id), len(prompt)))
    _check_learnt(tokenizer, lessons, written, examples)
    return examples


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


def _chat_parts(tokenizer: "PreTrainedTokenizerBase", prompt: str) -> list[str]:
    frame = chat_frame(tokenizer)
    shown = prompt.strip() if frame.trims else prompt
    return [Markup(frame.before), shown, Markup(frame.after)]


def _plain_ids(
    tokenizer: "PreTrainedTokenizerBase",
    prompt: str,
    shots: Sequence[Shot | tuple[str, str]],
    begun: str,
) -> list[int]:
    examples = "".join(f"Question: {shown}\nAnswer: {answer}\n\n" for shown, answer in shots)
    space = _space_before_answers(tokenizer) or (" " if begun else "")
    text = f"{examples}Question: {prompt}\nAnswer:{space}{begun}"
    begin = [int(tokenizer.bos_token_id)] if starts_with_bos(tokenizer) else []
    return [*begin, *encode_texts(tokenizer, [text])[0]]


def _completion_parts(tokenizer: "PreTrainedTokenizerBase", lesson: Lesson) -> list[str]:
    """What a student learns to write behind the generation prompt, without the end token."""
    frame = chat_frame(tokenizer)
    trail = Markup(frame.trail)
    answer = lesson.answer.rstrip() if frame.trims_reply else lesson.answer
    if lesson.thinking is None:
        answer = answer.lstrip() if frame.trims_reply else answer
        return [Markup(frame.plain), answer, trail]
    closing = Markup(f"\n{THINK_CLOSE}\n\n")
    return [Markup(frame.traced), lesson.thinking, closing, answer, trail]


def _continuation(
    tokenizer: "PreTrainedTokenizerBase",
    prompt: Sequence[int],
    whole: Sequence[int],
    parts: Sequence[str],
) -> Sequence[int]:
    """Ids of `parts` behind a prompt, from those of the `whole` text where they go on from it."""
    # A token over the border (a line break of each side as one) is never what a student writes: it
    # goes on from the prompt's own tokens.
    if whole[: len(prompt)] == prompt:
        return whole[len(prompt) :]
    return _encoded_alone(tokenizer, parts, chat_frame(tokenizer).end_id)


def _encoded_alone(
    tokenizer: "PreTrainedTokenizerBase", parts: Sequence[str], control: int
) -> list[int]:
    """Ids of a completion as they are behind a control token, which no token reaches over."""
    before = Markup(tokenizer.convert_ids_to_tokens(control))
    first, ids = encode_rows(tokenizer, [[before], [before, *parts]])
    return ids[len(first) :]


def _check_learnt(
    tokenizer: "PreTrainedTokenizerBase",
    lessons: Sequence[Lesson],
    written: Sequence[Sequence[str]],
    examples: Sequence[Example],
) -> None:
    """Raise InputError where an example's labels are another text than its completion.

    Some decoders show the space that the tokenizer puts behind a control token, but not at the
    beginning: the completion may read right behind its prompt or alone.
    """
    end = decode(tokenizer, [chat_frame(tokenizer).end_id])
    prompts = decode_all(tokenizer, [one.input_ids[: one.labels_start] for one in examples])
    whole = decode_all(tokenizer, [one.input_ids for one in examples])
    alone = decode_all(tokenizer, [one.input_ids[one.labels_start :] for one in examples])
    for lesson, parts, prompt, *texts in zip(lessons, written, prompts, whole, alone, strict=True):
        wanted = _composed("".join(parts) + end)
        learnt = [_composed(text.removeprefix(prompt)) for text in texts]
        if wanted not in learnt:
            raise InputError(
                f"prompt {lesson.prompt[:40]!r}: its completion holds "
                f"{_first_difference(wanted, learnt[0])}, which this tokenizer cannot write; "
                "remove the pair or use another student"
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
