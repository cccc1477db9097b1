"""The tokenizer of the tabletop bases: words and digits as single tokens, any ASCII as characters.

A content word has no space in its token, the words and signs around it carry the spaces
(`Ann| likes |Ben|. `), so that a name is the same token wherever it stands. Characters that are
not printable ASCII or a line break become the unknown token.
"""

import re
import string
from collections import Counter
from dataclasses import replace

from tokenizers import AddedToken, Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from breakeven.base.plain_text import TextMix, documents
from breakeven.procedural.formats import FORMATS, prompt, trace
from breakeven.procedural.generation import KINDS, generate
from breakeven.procedural.vocabulary import CONTENT_WORDS
from breakeven.rows.traces import THINK_CLOSE, THINK_OPEN

PAD = "<|endoftext|>"
UNKNOWN = "<|unk|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
SPECIAL_TOKENS = (PAD, TURN_START, TURN_END, THINK_OPEN, THINK_CLOSE)

CHARACTERS = tuple(sorted({*string.ascii_letters, *string.digits, *string.punctuation, " ", "\n"}))

# Any message's content is kept whole: a trace is part of what an assistant said.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Pieces that no generated text shows but that chats and few-shot prompts are full of.
FRAME_PIECES = ("user\n", "assistant\n", "system\n", "Question: ", "Answer: ", "\n\n")

MAX_LENGTH = 512
# Scores of the segmentation: a word beats its characters, and the letters of "<|unk|>" beat it.
_WORD_SCORE, _CHARACTER_SCORE, _UNKNOWN_SCORE = -5.0, -20.0, -1000.0


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tabletop tokenizer, built from the generators' own text; the same everywhere."""
    pieces = [*CONTENT_WORDS, *_glue_pieces(), *FRAME_PIECES]
    words = [piece for piece in dict.fromkeys(pieces) if piece not in CHARACTERS]
    vocabulary = [(UNKNOWN, _UNKNOWN_SCORE)]
    vocabulary += [(char, _CHARACTER_SCORE) for char in CHARACTERS]
    vocabulary += [(word, _WORD_SCORE) for word in words]
    core = Tokenizer(models.Unigram(vocabulary, unk_id=0))
    core.decoder = decoders.Fuse()
    # Outside the model's own vocabulary: a user's text that spells one stays characters.
    core.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=TURN_END,
        additional_special_tokens=[TURN_START, THINK_OPEN, THINK_CLOSE],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=MAX_LENGTH,
        padding_side="left",
    )


def _glue_pieces() -> list[str]:
    """Words and signs between content words, with the spaces they carry, commonest first."""
    content = "|".join(sorted(CONTENT_WORDS, key=len, reverse=True))
    # A letter is one token with its bracket: it stands next to what it labels.
    labels = r"[A-D]\) | \([A-D]\)"
    pattern = re.compile(rf"{labels}|\b(?:{content})\b|\d| ?[A-Za-z]+ ?| ?[^\w\s]+\s?|\s+")
    found: Counter[str] = Counter()
    for text in _sample_texts():
        found.update(pattern.findall(text))
    return [
        piece
        # Ties by the piece itself: a counter's order is that of first sight.
        for piece, _ in sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
        if piece.strip() not in CONTENT_WORDS
    ]


def _sample_texts() -> list[str]:
    """Enough generated text to show every word of every form; copies show random strings only."""
    # Fixed numbers of documents and problems: what is counted here decides the vocabulary, and with
    # it the ids that the committed bases were trained on.
    texts = documents(replace(TextMix(), copies=0.0), seed=0, shard=0, count=3000)
    for kind in KINDS:
        for problem in generate(kind, count=200, seed=0, partition="train"):
            for form in FORMATS:
                texts += [prompt(problem, form), f"\n{trace(problem, form)}\n"]
    return texts
