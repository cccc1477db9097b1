"""Chat templates of the shapes that public models have, with tokenizers of the kinds they use.

Each is written for this test: as short as it can be and still put the same things in the same
places as the family that it is named after.
"""

import functools
import json
from dataclasses import dataclass

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

TEXTS = [
    "What is 3 + 4? The answer is 7. 3 + 4 = 7, so 7.\n\nFirst, add.\nThen say it.",
    "user assistant system model User: Assistant: [INST] [/INST] You are a helpful assistant.",
    "Today Date: 26 Jul 2024 Cutting Knowledge Date: December 2023 Reasoning Mode: /think",
] * 3

# The tokenizers.


def added(content, *, special=True, **flags):
    return AddedToken(content, special=special, normalized=False, **flags)


def byte_level(*tokens, bos=None, eos="<|endoftext|>"):
    """Byte-level BPE, as Qwen, Llama 3, SmolLM, OLMo, Phi-4 and DeepSeek have it."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=450, initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator(TEXTS, trainer)
    names = dict.fromkeys([*([bos] if bos else []), eos, *tokens])
    core.add_tokens([one for one in map(flagged, names) if not one.special])
    core.add_special_tokens([one for one in map(flagged, names) if one.special])
    return PreTrainedTokenizerFast(tokenizer_object=core, bos_token=bos, eos_token=eos)


def flagged(name):
    """Think marks steer a model and are not flagged special, as in Qwen3."""
    return added(name, special=name not in ("<think>", "</think>"))


def pieces(normalizer, pre_tokenizer, decoder, tokens=(), **flags):
    """Pieces with `▁` for a space and bytes for the rest, as Llama 2, Mistral and Gemma have it."""
    core = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    core.normalizer = normalizer or normalizers.Replace(" ", "\u2581")
    core.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")  # no piece is a line
    values = [f"<0x{value:02X}>" for value in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>", *values], show_progress=False
    )
    core.train_from_iterator(TEXTS, trainer)
    state = json.loads(core.to_str())  # where the trainer has made control tokens of the bytes
    state["added_tokens"] = [one for one in state["added_tokens"] if one["content"] == "<unk>"]
    core = Tokenizer.from_str(json.dumps(state))
    core.normalizer, core.pre_tokenizer, core.decoder = normalizer, pre_tokenizer, decoder
    core.add_special_tokens([added("<s>"), added("</s>"), *(added(t, **flags) for t in tokens)])
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def decoder(*, strips):
    steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if strips else steps)


def prepending(*tokens, **flags):
    """A space before every stretch between control tokens, as Llama 2's own conversion has it."""
    steps = [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    return pieces(normalizers.Sequence(steps), None, decoder(strips=True), tokens, **flags)


def metaspace(*tokens):
    """A space before the first stretch only, as later conversions have it (Mistral v0.3)."""
    space = pre_tokenizers.Metaspace("\u2581", prepend_scheme="first", split=False)
    return pieces(None, space, decoder(strips=True), tokens)


def unprefixed(*tokens):
    """No space of the tokenizer's own, as Gemma has it."""
    replace = normalizers.Replace(" ", "\u2581")
    return pieces(
        replace, pre_tokenizers.Split("\u2581", "merged_with_next"), decoder(strips=False), tokens
    )


def unigram():
    """SentencePiece's other model, whose pieces include the control tokens."""
    core = Tokenizer(models.Unigram())
    core.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")
    core.decoder = decoders.Metaspace("\u2581", prepend_scheme="always")
    alphabet = sorted(set("".join(map(chr, range(32, 127)))) | {"\n", "\u2581"})
    trainer = trainers.UnigramTrainer(
        vocab_size=260,
        special_tokens=["<unk>", "<s>", "</s>"],
        unk_token="<unk>",
        initial_alphabet=alphabet,
        show_progress=False,
    )
    core.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


# The templates.

PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
TURN = "'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n'"
CHATML = "{% for m in messages %}{{ " + TURN + " }}{% endfor %}" + PROMPT
SYSTEM = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
DEFAULT_SYSTEM = "{% if messages[0].role != 'system' %}{{ '" + SYSTEM + "' }}{% endif %}" + CHATML
SAID = "{% set said = m.content.split('</think>')[-1].lstrip('\n') %}"
THOUGHT = (
    "{% set thought = m.content.split('</think>')[0].split('<think>')[-1].strip('\n')"
    " if '</think>' in m.content else '' %}"
)
OPENING = PROMPT.replace("assistant\n", "assistant\n<think>\n")
CLOSED = PROMPT.replace("assistant\n", "assistant\n<think>\n\n</think>\n\n")
# The last turn shows its trace, empty where there is none; `enable_thinking` closes one at once.
QWEN3 = (
    "{% for m in messages %}{% if m.role == 'assistant' %}" + SAID + THOUGHT + "{{ "
    "'<|im_start|>assistant\n<think>\n' + thought + '\n</think>\n\n' + said + '<|im_end|>\n' }}"
    "{% else %}{{ " + TURN + " }}{% endif %}{% endfor %}"
)
QWQ = (
    "{% for m in messages %}{% if m.role == 'assistant' %}" + SAID + "{{ "
    "'<|im_start|>assistant\n' + said + '<|im_end|>\n' }}"
    "{% else %}{{ " + TURN + " }}{% endif %}{% endfor %}"
)
R1 = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}"
    "{{ '<\uff5cUser\uff5c>' + m.content }}{% else %}" + SAID + "{{ "
    "'<\uff5cAssistant\uff5c>' + said + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<\uff5cAssistant\uff5c><think>\n' }}{% endif %}"
)
DEEPSEEK = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}"
    "{{ 'User: ' + m.content + '\n\n' }}{% else %}{{ 'Assistant: ' + m.content + eos_token }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
LLAMA2 = (
    "{% for m in messages %}{% if m.role == 'user' %}"
    "{{ bos_token + '[INST] ' + m.content.strip() + ' [/INST]' }}{% else %}"
    "{{ ' ' + m.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA3 = (
    "{{ bos_token }}{% if strftime_now is defined %}{% set today = strftime_now('%d %b %Y') %}"
    "{% else %}{% set today = '26 Jul 2024' %}{% endif %}"
    "{{ '<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n' }}"
    "{{ 'Today Date: ' + today + '\n\n<|eot_id|>' }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim }}"
    "{{ '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}"
    "{{ '[INST] ' + m.content + '[/INST]' }}{% else %}{{ ' ' + m.content | trim + eos_token }}"
    "{% endif %}{% endfor %}"
)
ZEPHYR = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}"
    "{% endif %}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant'"
    " else m.role) + '\n' + m.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
PHI3 = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
PHI4 = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '<|im_sep|>' + m.content + '<|im_end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
SMOLLM3 = (
    "{{ '<|im_start|>system\n## Metadata\n\nToday Date: ' + strftime_now('%d %B %Y')"
    " + '\nReasoning Mode: /think\n\n<|im_end|>\n' }}"
) + CHATML
OLMO = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content }}"
    "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n' if not loop.last else '' }}"
    "{% if loop.last and add_generation_prompt %}{{ '\n<|assistant|>\n' }}{% endif %}{% endfor %}"
)
HARMONY = (
    "{{ '<|start|>system<|message|>Current date: ' + strftime_now('%Y-%m-%d') + '<|end|>' }}"
    "{% for m in messages %}{% if m.role == 'user' %}"
    "{{ '<|start|>user<|message|>' + m.content + '<|end|>' }}{% else %}"
    "{{ '<|start|>assistant<|channel|>final<|message|>' + m.content + '<|return|>' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}"
)


@dataclass(frozen=True)
class Shape:
    """A template and its tokenizer. `traces` says what the template does with one in a reply:
    "kept", or "removed", where the reasoning completion is compared behind the generation prompt.
    `refused` has words of the message where the shape is refused.
    """

    template: str
    tokenizer: object
    traces: str = "kept"
    refused: str | None = None

    @functools.cached_property
    def loaded(self):
        tokenizer = self.tokenizer()
        tokenizer.chat_template = self.template
        return tokenizer


def chatml(*more, **named):
    return functools.partial(byte_level, "<|im_start|>", "<|im_end|>", *more, **named)


def thinking():
    return chatml("<think>", "</think>", eos="<|im_end|>")


R1_TOKENS = ("<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<think>", "</think>")
DEEPSEEK_ENDS = {
    "bos": "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "eos": "<\uff5cend\u2581of\u2581sentence\uff5c>",
}
SHAPES = {
    "ChatML (Qwen2.5)": Shape(DEFAULT_SYSTEM, chatml()),
    "Qwen3, hybrid": Shape(QWEN3 + PROMPT, thinking()),
    "Qwen3, thinking": Shape(QWEN3 + OPENING, thinking()),
    "QwQ": Shape(QWQ + OPENING, thinking(), traces="removed"),
    "R1 distill": Shape(
        R1, functools.partial(byte_level, *R1_TOKENS, **DEEPSEEK_ENDS), traces="removed"
    ),
    "DeepSeek chat": Shape(DEEPSEEK, functools.partial(byte_level, **DEEPSEEK_ENDS)),
    "Llama 2": Shape(LLAMA2, prepending),
    "Llama 3.2, dated": Shape(
        LLAMA3,
        functools.partial(
            byte_level,
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            bos="<|begin_of_text|>",
            eos="<|eot_id|>",
        ),
    ),
    "Mistral v0.1": Shape(MISTRAL, prepending),
    "Mistral v0.3": Shape(MISTRAL, functools.partial(metaspace, "[INST]", "[/INST]")),
    "Zephyr": Shape(ZEPHYR, prepending),
    "Zephyr, unigram": Shape(ZEPHYR, unigram),
    "Gemma": Shape(GEMMA, functools.partial(unprefixed, "<start_of_turn>", "<end_of_turn>")),
    "Phi-3": Shape(
        PHI3, functools.partial(prepending, "<|user|>", "<|assistant|>", "<|end|>", rstrip=True)
    ),
    "Phi-4": Shape(PHI4, chatml("<|im_sep|>", eos="<|im_end|>")),
    "SmolLM2": Shape(DEFAULT_SYSTEM, chatml(eos="<|im_end|>")),
    "SmolLM3, dated": Shape(SMOLLM3, thinking()),
    "OLMo 2": Shape(OLMO, functools.partial(byte_level, bos="<|endoftext|>")),
    "Qwen3, thinking switched off": Shape(
        QWEN3 + CLOSED, thinking(), refused="closes a trace before the student writes"
    ),
    "gpt-oss": Shape(
        HARMONY,
        functools.partial(
            byte_level, "<|start|>", "<|message|>", "<|channel|>", "<|end|>", eos="<|return|>"
        ),
        refused="writes .*final.* before a reply",
    ),
}
