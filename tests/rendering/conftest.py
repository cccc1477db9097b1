"""Tiny tokenizers that are built as those of real models are."""

import functools

import pytest
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from breakeven.base.tokenizer import build_tokenizer

TEXTS = [
    "What is 3 + 4? The answer is 7. Question: Answer: Yes and no.",
    "user assistant system model <think> </think> <|im_end|> caf\u00e9",
    "Ann likes Ben. Ben likes Cid.\n\nSo Ann reaches Cid.\n",
]

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# As Qwen3's does with earlier turns, this template removes a trace from what an assistant said.
CHATML_WITHOUT_TRACES = CHATML.replace(
    "message.content",
    "(message.content.split('</think>')[-1].lstrip('\n')"
    " if message.role == 'assistant' else message.content)",
)
TURNS = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n'"
    " + message.content | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def added(content, *, special=True):
    return AddedToken(content, special=special, normalized=False)


def byte_level_core(tokens):
    core = Tokenizer(models.BPE())
    core.normalizer = normalizers.NFC()
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(TEXTS, trainer)
    core.add_tokens([token for token in tokens if not token.special])
    core.add_special_tokens([token for token in tokens if token.special])
    return core


@functools.cache
def chatml_tokenizer():
    """Bytes, ChatML, `<think>` as a token that is not flagged special: as in Qwen3."""
    tokens = [
        added("<|endoftext|>"),
        added("<|im_start|>"),
        added("<|im_end|>"),
        added("<|fim_prefix|>", special=False),
        added("<think>", special=False),
        added("</think>", special=False),
    ]
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_level_core(tokens),
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        chat_template=CHATML_WITHOUT_TRACES,
    )


@functools.cache
def thinkless_tokenizer():
    """Bytes and ChatML without think tokens: as in SmolLM2."""
    tokens = [added("<|endoftext|>"), added("<|im_start|>"), added("<|im_end|>")]
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_level_core(tokens),
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        chat_template=CHATML,
    )


@functools.cache
def turns_tokenizer():
    """Words with their spaces, a begin token, a template that trims: as in Gemma."""
    core = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    core.normalizer = normalizers.Replace(" ", "\u2581")
    core.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    core.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>", *bytes_], show_progress=False
    )
    core.train_from_iterator(TEXTS, trainer)
    core.add_special_tokens(
        [added(name) for name in ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<eos>",
        unk_token="<unk>",
        chat_template=TURNS,
    )


@functools.cache
def tabletop_tokenizer():
    return build_tokenizer()


TOKENIZERS = {
    "tabletop": tabletop_tokenizer,
    "chatml": chatml_tokenizer,
    "thinkless": thinkless_tokenizer,
    "turns": turns_tokenizer,
}


@pytest.fixture(params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


@pytest.fixture
def tokenizers():
    return {name: build() for name, build in TOKENIZERS.items()}
