"""Text to token ids as the tokenizer encodes it whole, but nothing that a person wrote is control.

A row of text is encoded in one piece, so that a tokenizer that puts a space before what it is given
does that where it would in the whole conversation, and nowhere else. To tell a template's control
tokens from the same words in a prompt, the encoding tokenizer is a copy of the student's whose
control tokens have names that no text holds; a template's are renamed likewise before encoding.
"""

import functools
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.rows.traces import THINK_CLOSE, THINK_OPEN

if TYPE_CHECKING:
    from tokenizers import AddedToken, Tokenizer
    from transformers import PreTrainedTokenizerBase

# Unicode's noncharacters, "for internal use": no text that is exchanged holds them.
_NAMES = tuple(chr(code) for code in range(0xFDD0, 0xFDF0))
_NAMED = re.compile("[\ufdd0-\ufdef]")
_NAME = re.compile("[\ufdd0-\ufdef]{3}")
# What a model with a fallback to bytes writes for one: no control, but in some lists of them.
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class Markup(str):
    """Text of a template, in which control tokens are meant."""

    __slots__ = ()


class ThinkMarks(NamedTuple):
    """The token ids that open and close a trace."""

    open_id: int
    close_id: int


class _Copy(NamedTuple):
    """A tokenizer with renamed control tokens.

    `names` leads from a control token to its new name, `ids` from that to its id, `renumbered` from
    the copy's ids to the student's where they differ. `pattern` finds control tokens in a template,
    `controls` are their ids but for that of unknown text, which stands for what was written.
    """

    tokenizer: "Tokenizer"
    names: Mapping[str, str]
    ids: Mapping[str, int]
    controls: frozenset[int]
    renumbered: Mapping[int, int]
    pattern: re.Pattern[str] | None


def encode_rows(
    tokenizer: "PreTrainedTokenizerBase", rows: Sequence[Sequence[str]]
) -> list[list[int]]:
    """Token ids of each row: its parts joined, control tokens only where a part is `Markup`.

    Tokens flagged special are control, and so are others in angle brackets that steer a model all
    the same (`<think>` in Qwen3, `<|fim_prefix|>` in Qwen2.5). A row that occurs twice is encoded
    once.

    Raises:
        InputError: the tokenizer has no tokenizer.json, or cannot write a control token's name as
            text.
    """
    copy = _copy_of(tokenizer)
    texts = ["".join(_renamed(copy, part) for part in row) for row in rows]
    distinct = list(dict.fromkeys(texts))
    encoded = copy.tokenizer.encode_batch_fast(distinct, add_special_tokens=False)
    ids = {text: one.ids for text, one in zip(distinct, encoded, strict=True)}
    numbered = [[copy.renumbered.get(token, token) for token in ids[text]] for text in texts]
    _check_controls(tokenizer, texts, numbered)
    return numbered


def encode_texts(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str]) -> list[list[int]]:
    """Token ids of what a person or a teacher wrote: `<|im_end|>` in it stays ten characters."""
    return encode_rows(tokenizer, [[text] for text in texts])


@functools.lru_cache(maxsize=8)
def think_marks(tokenizer: "PreTrainedTokenizerBase") -> ThinkMarks | None:
    """The ids of `<think>` and `</think>`, None where the tokenizer has no such tokens."""
    # Flagged as special or not: Qwen3 has them, and does not flag them.
    added = {token.content: token_id for token_id, token in _added_tokens(tokenizer)}
    if THINK_OPEN in added and THINK_CLOSE in added:
        return ThinkMarks(added[THINK_OPEN], added[THINK_CLOSE])
    return None


def special_ids(tokenizer: "PreTrainedTokenizerBase") -> frozenset[int]:
    """The ids that the tokenizer flags as special."""
    flagged = {token_id for token_id, token in _added_tokens(tokenizer) if token.special}
    return frozenset({*tokenizer.all_special_ids, *flagged})


def starts_with_bos(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the tokenizer puts its begin token before plain text."""
    bos = tokenizer.bos_token_id
    return bos is not None and list(tokenizer("")["input_ids"])[:1] == [bos]


def _renamed(copy: _Copy, part: str) -> str:
    """A part as the copy reads it."""
    if not isinstance(part, Markup):
        found = _NAMED.search(part)
        if found:
            raise InputError(
                f"text {part[:40]!r}: holds U+{ord(found[0]):04X}, which is no character; remove it"
            )
        return part
    if copy.pattern is None:
        return part
    return copy.pattern.sub(lambda found: copy.names[found[0]], part)


def _check_controls(
    tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], rows: Sequence[Sequence[int]]
) -> None:
    """Raise InputError where a row has other control tokens than its template's."""
    copy = _copy_of(tokenizer)
    for text, ids in zip(texts, rows, strict=True):
        meant = Counter(copy.ids[name] for name in _NAME.findall(text))
        found = Counter(token for token in ids if token in copy.controls)
        if found != meant:
            token = tokenizer.convert_ids_to_tokens(next(iter((found - meant) or (meant - found))))
            raise InputError(
                f"{tokenizer.name_or_path or 'the tokenizer'}: {token!r} in a text would be read as"
                " a control token; remove it from the text or use another student"
            )


def _copy_of(tokenizer: "PreTrainedTokenizerBase") -> _Copy:
    return _copied(tokenizer, len(tokenizer))


@functools.lru_cache(maxsize=8)
def _copied(tokenizer: "PreTrainedTokenizerBase", size: int) -> _Copy:
    """Build the copy; `size` is part of the cache's key, for a tokenizer may be given tokens."""
    from tokenizers import Tokenizer

    del size
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            f"{tokenizer.name_or_path or 'the tokenizer'}: has no tokenizer.json; convert it with "
            "AutoTokenizer.from_pretrained(…).save_pretrained(…)"
        )
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    names = dict(zip(_controls(tokenizer), _new_names(), strict=False))
    original = {token["content"]: token["id"] for token in state["added_tokens"]}
    state["added_tokens"] = [
        {**token, "content": names.get(token["content"], token["content"])}
        for token in state["added_tokens"]
        if not _BYTE.fullmatch(token["content"])
    ]
    state |= {"truncation": None, "padding": None, "post_processor": None}
    _rename_pieces(state["model"], names)
    copy = Tokenizer.from_str(json.dumps(state))
    # A token that the model's own vocabulary held under its old name gets another number.
    numbers = {
        number: copy.token_to_id(names.get(token, token)) for token, number in original.items()
    }
    ids = {name: original[token] for token, name in names.items()}
    return _Copy(
        tokenizer=copy,
        names=names,
        ids=ids,
        controls=frozenset(ids.values()) - {tokenizer.unk_token_id},
        renumbered={new: old for old, new in numbers.items() if new not in (old, None)},
        pattern=_any_of(names),
    )


def _rename_pieces(model: dict[str, Any], names: Mapping[str, str]) -> None:
    """Rename control tokens that are whole pieces of a model, which would find them in a text.

    A BPE model is left alone: it finds what its merges make, and they make no control token.
    """
    if model["type"] == "Unigram":
        model["vocab"] = [[names.get(piece, piece), score] for piece, score in model["vocab"]]
    elif model["type"] != "BPE":
        kept = model.get("unk_token")  # the model asks for it by its name
        model["vocab"] = {
            piece if piece == kept else names.get(piece, piece): at
            for piece, at in model["vocab"].items()
        }


def _controls(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """Tokens that steer a model, and that of unknown text."""
    return [
        token.content
        for _, token in _added_tokens(tokenizer)
        if (token.special or (token.content.startswith("<") and token.content.endswith(">")))
        and not _BYTE.fullmatch(token.content)
    ]


def _new_names() -> Iterator[str]:
    return map("".join, itertools.product(_NAMES, repeat=3))


def _any_of(names: Mapping[str, str]) -> re.Pattern[str] | None:
    # An alternation takes the first that fits: a token must come before those that begin it.
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if names else None


def _added_tokens(tokenizer: "PreTrainedTokenizerBase") -> "list[tuple[int, AddedToken]]":
    return sorted(tokenizer.added_tokens_decoder.items())
