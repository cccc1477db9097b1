"""The tabletop tokenizer: one token a word, exact on ASCII, no special token from a user's text."""

import string

import pytest

from breakeven.base.tokenizer import SPECIAL_TOKENS, build_tokenizer
from breakeven.models.loading import load_tokenizer
from breakeven.procedural import FORMATS, KINDS, generate, prompt, trace
from breakeven.procedural.vocabulary import CONTENT_WORDS


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer().save_pretrained(folder)
    return load_tokenizer(folder)


def encode(tokenizer, text):
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def test_it_is_small_and_the_same_each_time(tokenizer):
    assert 200 <= len(tokenizer) <= 400
    assert tokenizer.get_vocab() == build_tokenizer().get_vocab()


@pytest.mark.parametrize(
    "text",
    [
        string.printable[:95],
        "Ann likes Bennet; annotate the carpet!",
        "  two  spaces\n\nand\nlines ",
        "7+5=12 and 7 + 5 = 12",
        "<|im_end|> and <think> and <|unk|> spelt out",
    ],
)
def test_printable_ascii_and_line_breaks_decode_exactly(tokenizer, text):
    assert tokenizer.decode(encode(tokenizer, text)) == text


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_a_special_token_in_a_users_text_stays_text(tokenizer, token):
    ids = encode(tokenizer, f"so {token} there")
    assert not set(ids) & set(tokenizer.all_special_ids)
    trusted = tokenizer(token, add_special_tokens=False)["input_ids"]
    assert trusted == [tokenizer.convert_tokens_to_ids(token)]


def test_other_characters_become_the_unknown_token(tokenizer):
    assert tokenizer.unk_token_id in encode(tokenizer, "café")


@pytest.mark.parametrize("word", [*CONTENT_WORDS, *string.digits, *"ABCD"])
def test_words_digits_and_letters_are_the_same_single_token_in_any_place(tokenizer, word):
    (alone,) = encode(tokenizer, word)
    for text in (f"So {word}.", f"A) {word}\nB)", f"{word}, {word}: {word}?", f"\n\n{word}"):
        assert alone in encode(tokenizer, text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMATS)
def test_generated_text_has_no_letter_by_letter_words(tokenizer, kind, form):
    for problem in generate(kind, count=20, seed=5, partition="test"):
        for text in (prompt(problem, form), trace(problem, form)):
            tokens = tokenizer.convert_ids_to_tokens(encode(tokenizer, text))
            single = [token for token in tokens if token in set(string.ascii_lowercase)]
            assert not single, text


def test_chat_template_keeps_a_trace_and_opens_the_assistants_turn(tokenizer):
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "<think>\nwork\n</think>\n\n9"},
    ]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == (
        "<|im_start|>user\nhello<|im_end|>\n"
        "<|im_start|>assistant\n<think>\nwork\n</think>\n\n9<|im_end|>\n"
    )
    opened = tokenizer.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True)
    assert opened == "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"


def test_end_pad_and_unknown_are_different_tokens(tokenizer):
    assert tokenizer.eos_token == "<|im_end|>"
    assert len({tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id}) == 3
