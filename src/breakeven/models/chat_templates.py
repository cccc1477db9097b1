"""Chat templates for bases that bring none, the same for every style that they learn.

A template of a model family is taken where its turn tokens are in the vocabulary, so that a base
learns with the tokens that were kept for it; otherwise turns are plain text.
"""

from typing import TYPE_CHECKING, NamedTuple

from breakeven.rendering.encoding import starts_with_bos

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class ChatTemplate(NamedTuple):
    """A Jinja chat template and the name that records know it by."""

    name: str
    text: str


# Messages are shown as they are: unlike Gemma's own template, ours strips no white space.
_CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_GEMMA = (
    "{% for message in messages %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role'])"
    " + '\\n' + message['content'] + '<end_of_turn>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
)
_PLAIN = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{{ 'Assistant:\\n' + message['content'] + eos_token + '\\n' }}"
    "{% else %}"
    "{{ message['role'] | capitalize + ':\\n' + message['content'] + '\\n\\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:\\n' }}{% endif %}"
)
# The tokens that a template needs, most particular first.
_BY_TOKENS = (
    (("<|im_start|>", "<|im_end|>"), ChatTemplate("chatml", _CHATML)),
    (("<start_of_turn>", "<end_of_turn>"), ChatTemplate("gemma turns", _GEMMA)),
    ((), ChatTemplate("plain turns", _PLAIN)),
)


def default_chat_template(tokenizer: "PreTrainedTokenizerBase") -> ChatTemplate:
    """The template for a tokenizer that has none; it begins with the begin token if texts do."""
    vocabulary = tokenizer.get_vocab()
    template = next(
        template for tokens, template in _BY_TOKENS if all(token in vocabulary for token in tokens)
    )
    if starts_with_bos(tokenizer):
        return template._replace(text="{{ bos_token }}" + template.text)
    return template
