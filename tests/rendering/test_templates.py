"""Templates that change what they show: followed where that can be done, else refused in a line."""

import functools

import pytest
from tests.rendering.shapes import CHATML, PROMPT, chatml
from tests.rendering.single import render_example

from breakeven.core.errors import InputError
from breakeven.rendering import render_prompt

PROMPTS = (
    "What?",
    "  lead\n",
    "\ttail \n\n",
    "A <b> & \"q\" 'r'",
    "Lines\n\n\nSpaces  two",
    "x" * 3000,
)
ANSWERS = ("7", " 7 ", "7\n\n", "\n7", "A <b>\n\nB")


def turns(content: str, reply: str | None = None) -> str:
    """ChatML that shows a message by these expressions."""
    shown = f"({reply or content} if m.role == 'assistant' else {content})"
    return (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + "
        + shown
        + " + '<|im_end|>\n' }}{% endfor %}"
        + PROMPT
    )


@functools.cache
def tokenizer(template: str):
    found = chatml()()
    found.chat_template = template
    return found


def applied(template: str, *texts: str, **options: object) -> list[int]:
    roles = ("user", "assistant")
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return list(
        tokenizer(template).apply_chat_template(
            messages, tokenize=True, return_dict=False, **options
        )
    )


@pytest.mark.parametrize(
    "template",
    [
        turns("m.content"),
        turns("m.content|trim"),
        turns("m.content", "m.content.strip()"),
        turns("m.content.strip()", "m.content"),
        turns("m.content|string"),
    ],
)
def test_white_space_is_stripped_where_the_template_strips_it(template):
    for prompt in PROMPTS:
        wanted = applied(template, prompt, add_generation_prompt=True)
        assert render_prompt(tokenizer(template), prompt) == wanted
    for answer in ANSWERS:
        ids = render_example(tokenizer(template), "Q", None, answer).input_ids
        assert list(ids) == applied(template, "Q", answer)[: len(ids)]


CHANGED = (
    "m.content|lower",
    "m.content|e",
    "m.content|tojson",
    "m.content|truncate(50)",
    "m.content[:2000]",
    "m.content[-2000:]",
    "m.content|replace('\n', ' ')",
    "m.content|replace('  ', ' ')",
    "m.content|striptags",
    "m.content.replace('<', '[')",
)


@pytest.mark.parametrize("content", [*CHANGED, "m.content.lstrip()", "m.content.rstrip()"])
def test_a_template_that_changes_a_prompt_is_refused_in_a_line(content):
    with pytest.raises(InputError, match="changes the text of a prompt") as caught:
        render_prompt(tokenizer(turns(content, "m.content")), "What?")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", CHANGED)
def test_a_template_that_changes_a_reply_is_refused(content):
    with pytest.raises(InputError, match=r"a reply"):
        render_prompt(tokenizer(turns("m.content", content)), "What?")


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("{{ strftime_now('%d %b %Y') }}", "26 Jul 2024"),
        ('{{ strftime_now( "%Y" ) }}', "2024"),
        ("{{ strftime_now('%d\\n%B') }}", "26\nJuly"),
        ("{% if strftime_now is defined %}{{ strftime_now('%H:%M') }}{% endif %}", "00:00"),
        ("{# strftime_now() is today #}{{ '7' }}", "7"),
    ],
)
def test_a_date_is_pinned_whatever_its_form(shown, words):
    found = tokenizer(shown + CHATML)
    assert found.decode(render_prompt(found, "What?")).startswith(words + "<|im_start|>user")


@pytest.mark.parametrize(
    "shown",
    [
        "{% set now = strftime_now %}{{ now('%d %b %Y') }}",
        "{% set how = '%d' %}{{ strftime_now(how) }}",
        "{{ strftime_now(format='%d') }}",
        "{{ strftime_now('%d' ~ '%b') }}",
        "{{ strftime_now() }}",
        "{{ ['a', 'b'] | random }}",
        "{{ [['a', 'b']] | map('random') | join }}",
        "{% set text = lipsum %}{{ text() }}",
    ],
)
def test_what_changes_from_one_rendering_to_the_next_is_refused(shown):
    with pytest.raises(InputError, match="changes from one rendering to the next"):
        render_prompt(tokenizer(shown + CHATML), "What?")


@pytest.mark.parametrize(
    "mistake",
    [
        "{{ 1 / 0 }}",
        "{{ 2.0 ** 5000 }}",
        "{% for i in range(10 ** 9) %}{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ datetime.now() }}",
    ],
)
def test_a_mistake_in_a_template_is_one_line(mistake):
    with pytest.raises(InputError, match=r"refuses a message: \S") as caught:
        render_prompt(tokenizer(mistake + CHATML), "What?")
    assert "\n" not in str(caught.value)
