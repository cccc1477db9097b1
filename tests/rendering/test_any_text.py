"""Any text in, the same text out: what is written into a template is read out of it again."""

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rendering.conftest import TOKENIZERS

from breakeven.core.errors import InputError
from breakeven.rendering import Lesson, render_examples, render_prompt
from breakeven.rendering.chat import chat_frame
from breakeven.rendering.generated import split_generated
from breakeven.rendering.render import decode

# The same cases in every run: a test that fails by chance tells nobody what to mend.
SETTINGS = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MARKS = (
    "<think>",
    "</think>",
    "<|im_end|>",
    "<|im_start|>assistant\n",
    "<end_of_turn>",
    "<bos>",
    "<0x41>",
    "<|fim_prefix|>",
    "{{ messages }}",
    "{% endfor %}",
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\u2581",
    "\u00a0",
    "e\u0301",
    "7",
)
# Halves of characters and noncharacters are no text that is exchanged.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
TEXT = st.lists(st.sampled_from(MARKS) | st.text(CHARACTERS, max_size=6), max_size=7).map("".join)
NOT_WRITTEN = re.compile(r"^prompt .* which this tokenizer cannot write; ", re.DOTALL)


def composed(text: str) -> str:
    # Some tokenizers compose accents, which changes no text.
    return unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", TOKENIZERS)
@SETTINGS
@given(prompt=TEXT, thinking=TEXT | st.none(), answer=TEXT)
def test_a_student_that_writes_its_labels_is_read_as_it_was_taught(name, prompt, thinking, answer):
    tokenizer = TOKENIZERS[name]()
    try:
        (example,) = render_examples(tokenizer, [Lesson(prompt, thinking, answer)])
    except InputError as error:
        # Some have no token for a character: told, never learnt as another text.
        assert NOT_WRITTEN.match(str(error))
        return
    frame = chat_frame(tokenizer)
    read = split_generated(tokenizer, example.input_ids[example.labels_start :])
    wanted = answer.rstrip() if frame.trims_reply else answer
    if thinking is None:
        wanted = wanted.lstrip() if frame.trims_reply else wanted
        parts = (frame.plain, wanted, frame.trail)
    else:
        parts = (frame.traced, thinking, "\n</think>\n\n", wanted, frame.trail)
    assert composed(read.text).lstrip(" ") == composed("".join(parts)).lstrip(" ")


@pytest.mark.parametrize("name", ["tabletop", "chatml"])
@SETTINGS
@given(thinking=TEXT, answer=TEXT)
def test_trace_and_answer_are_parted_where_they_were_joined(name, thinking, answer):
    """By tokens: marks that a trace or an answer spells move nothing."""
    tokenizer = TOKENIZERS[name]()
    try:
        (example,) = render_examples(tokenizer, [Lesson("a", thinking, answer)])
    except InputError as error:
        assert NOT_WRITTEN.match(str(error))
        return
    read = split_generated(tokenizer, example.input_ids[example.labels_start :])
    frame = chat_frame(tokenizer)
    assert read.closed
    assert composed(decode(tokenizer, read.thinking_ids)) == composed(
        f"{frame.traced}{thinking}\n</think>"
    )
    end = decode(tokenizer, [frame.end_id])
    assert composed(decode(tokenizer, read.answer_ids)) == composed(
        f"\n\n{answer}{frame.trail}{end}"
    )


@pytest.mark.parametrize("name", ["chatml", "thinkless"])
@SETTINGS
@given(prompt=TEXT)
def test_a_prompt_is_read_as_it_is_written(name, prompt):
    """By tokenizers of bytes; others have no token for a character, or one for it and a space."""
    tokenizer = TOKENIZERS[name]()
    frame = chat_frame(tokenizer)
    shown = prompt.strip() if frame.trims else prompt
    text = composed(decode(tokenizer, render_prompt(tokenizer, prompt)))
    assert text == composed(f"{frame.before}{shown}{frame.after}")
