"""What a student wrote, as token ids, parted into its trace and its answer."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.rendering.chat import chat_frame, end_of_reply
from breakeven.rendering.encoding import think_marks
from breakeven.rendering.render import Shot, decode, decode_all
from breakeven.rows.traces import THINK_CLOSE, is_trace_open, split_trace

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Generated(NamedTuple):
    """Generated ids in parts: together they are all that was generated, the end token included.

    `thinking_ids` hold the trace with its marks. Where a trace was begun and not closed, all is
    thinking, there is no answer and `closed` is False. `text` leaves out the end token.
    """

    thinking_ids: list[int]
    answer_ids: list[int]
    closed: bool
    text: str


def end_token_ids(
    tokenizer: "PreTrainedTokenizerBase", shots: Sequence[Shot | tuple[str, str]] = ()
) -> frozenset[int]:
    """The tokens after which generation stops, for the same shots as the prompt was given.

    In a chat: the end token of a reply and the tokenizer's own. In plain text (with shots): every
    token with a line break in it as well, for an answer there is one line.
    """
    ends = {int(tokenizer.eos_token_id)} if tokenizer.eos_token_id is not None else set()
    if shots:
        return frozenset(ends) | _line_break_ids(tokenizer)
    return frozenset(ends | {end_of_reply(tokenizer)})


def split_generated(
    tokenizer: "PreTrainedTokenizerBase",
    ids: Sequence[int],
    shots: Sequence[Shot | tuple[str, str]] = (),
    *,
    opened: bool | None = None,
) -> Generated:
    """Part generated ids after the last mark that closes a trace.

    A last mark that opens a trace leaves it unclosed, and so does a prompt that `opened` one (None:
    as the chat template does). Where the tokenizer has think tokens only they are marks; otherwise
    the marks are looked for in the text. With shots, the text ends at the line break that stopped
    it.
    """
    if opened is None:
        opened = not shots and chat_frame(tokenizer).opened
    ends = end_token_ids(tokenizer, shots)
    ended = bool(ids) and ids[-1] in ends
    text = decode(tokenizer, ids[:-1] if ended and not shots else ids)
    if shots and ended:
        text = _without_end(text, decode(tokenizer, ids[-1:]))
    closed, start = _answer_start(tokenizer, list(ids), opened)
    return Generated(list(ids[:start]), list(ids[start:]), closed, text)


def _without_end(text: str, end: str) -> str:
    # The token that ended the line may hold more than the break: `.\n` ends an answer with its dot.
    return text.partition("\n")[0] if "\n" in end else text.removesuffix(end)


def _answer_start(
    tokenizer: "PreTrainedTokenizerBase", ids: list[int], opened: bool
) -> tuple[bool, int]:
    """Whether every trace is closed, and the index at which the answer begins."""
    marks = think_marks(tokenizer)
    if marks is None:
        return _answer_start_in_text(tokenizer, ids, opened)
    opening, closing = _last(ids, marks.open_id), _last(ids, marks.close_id)
    if is_trace_open(opening, closing, opened=opened):
        return False, len(ids)
    return True, closing + 1


def _answer_start_in_text(
    tokenizer: "PreTrainedTokenizerBase", ids: list[int], opened: bool
) -> tuple[bool, int]:
    # No tokens for the marks: they are spelled in several, and where one begins and ends only the
    # text tells. Decoding a beginning is the one way back from text to ids.
    text = decode(tokenizer, ids)
    if not split_trace(text, opened=opened).closed:
        return False, len(ids)
    closings = text.count(THINK_CLOSE)
    low, high = 0, len(ids)
    while low < high:  # the shortest beginning that shows every closing mark
        middle = (low + high) // 2
        if decode(tokenizer, ids[:middle]).count(THINK_CLOSE) < closings:
            low = middle + 1
        else:
            high = middle
    return True, low


def _last(ids: list[int], token: int) -> int:
    return max((at for at, one in enumerate(ids) if one == token), default=-1)


@functools.lru_cache(maxsize=8)
def _line_break_ids(tokenizer: "PreTrainedTokenizerBase") -> frozenset[int]:
    texts = decode_all(tokenizer, [[token] for token in range(len(tokenizer))])
    return frozenset(token for token, text in enumerate(texts) if "\n" in text)
