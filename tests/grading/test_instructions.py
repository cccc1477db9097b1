"""IFEval: every instruction must be followed; the same answer has the same grade; no download."""

import dataclasses
import random
import time

import nltk
import pytest
from nltk.tabdata import TabEncoder
from nltk.tokenize.punkt import PunktParameters
from tests.grading.test_graders import RIGHT, UNPARSED, WRONG
from tests.grading.test_traps import PIECES
from tests.grading.written import grade_text

from breakeven.core.errors import InputError, MachineError
from breakeven.grading import instructions
from breakeven.grading.graders import GRADERS
from breakeven.rows.item import Item


def item(*pairs, prompt="Write something."):
    meta = {
        "instruction_id_list": [name for name, _ in pairs],
        "kwargs": [given for _, given in pairs],
        "prompt": prompt,
    }
    return Item("i1", "ifeval", "general-open", prompt, "", "c", "ifeval", meta=meta)


NO_COMMA = ("punctuation:no_comma", {})
WORDS = ("length_constraints:number_words", {"relation": "at least", "num_words": 4})
FEW_WORDS = ("length_constraints:number_words", {"relation": "less than", "num_words": 4})
KEYWORDS = ("keywords:existence", {"keywords": ["lion", "cage"]})
FORBIDDEN = ("keywords:forbidden_words", {"forbidden_words": ["tiger"]})
FREQUENCY = ("keywords:frequency", {"keyword": "lion", "frequency": 2, "relation": "at least"})
LETTERS = (
    "keywords:letter_frequency",
    {"letter": "z", "let_frequency": 2, "let_relation": "at least"},
)
BULLETS = ("detectable_format:number_bullet_lists", {"num_bullets": 2})
TITLE = ("detectable_format:title", {})
JSON = ("detectable_format:json_format", {})
LOWER = ("change_case:english_lowercase", {})
UPPER = ("change_case:english_capital", {})
QUOTES = ("startend:quotation", {})
END = ("startend:end_checker", {"end_phrase": "The end"})
POSTSCRIPT = ("detectable_content:postscript", {"postscript_marker": "P.S."})
PLACES = ("detectable_content:number_placeholders", {"num_placeholders": 2})
PARAGRAPHS = ("length_constraints:number_paragraphs", {"num_paragraphs": 2})
REPEAT = ("combination:repeat_prompt", {"prompt_to_repeat": "Say hello."})
TWO = ("combination:two_responses", {})
CONSTRAINED = ("detectable_format:constrained_response", {})
HIGHLIGHT = ("detectable_format:number_highlighted_sections", {"num_highlights": 1})
GERMAN = ("language:response_language", {"language": "de"})
SECTIONS = (
    "detectable_format:multiple_sections",
    {"section_spliter": "Part", "num_sections": 2},
)

CASES = [
    ([NO_COMMA], "A lion sleeps.", RIGHT),
    ([NO_COMMA], "A lion, it sleeps.", WRONG),
    ([WORDS], "one two three four", RIGHT),
    ([WORDS], "one two three", WRONG),
    ([FEW_WORDS], "one two three", RIGHT),
    ([FEW_WORDS], "one two three four", WRONG),
    ([KEYWORDS], "The Lion is in its cage", RIGHT),
    ([KEYWORDS], "The lion is free", WRONG),
    ([FORBIDDEN], "The lion is free", RIGHT),
    ([FORBIDDEN], "The Tiger is free", WRONG),
    ([FREQUENCY], "lion and lion", RIGHT),
    ([FREQUENCY], "lion", WRONG),
    ([LETTERS], "pizza", RIGHT),
    ([LETTERS], "zoo", WRONG),
    ([BULLETS], "* one\n* two", RIGHT),
    ([BULLETS], "* one\n* two\n* three", WRONG),
    ([TITLE], "<<Lions>>\nThey sleep.", RIGHT),
    ([TITLE], "Lions\nThey sleep.", WRONG),
    ([JSON], '{"lion": [1, 2]}', RIGHT),
    ([JSON], '```json\n{"lion": 1}\n```', RIGHT),
    ([JSON], "{'lion': 1}", WRONG),
    ([LOWER], "all of this is written in small letters", RIGHT),
    ([LOWER], "Not all of this is written in small letters", WRONG),
    ([UPPER], "ALL OF THIS IS WRITTEN IN LARGE LETTERS", RIGHT),
    ([UPPER], "ALL BUT this IS WRITTEN IN LARGE LETTERS", WRONG),
    ([QUOTES], '"A lion sleeps."', RIGHT),
    ([QUOTES], "A lion sleeps.", WRONG),
    ([END], "A lion sleeps. The end", RIGHT),
    ([END], "The end. A lion sleeps.", WRONG),
    ([POSTSCRIPT], "A lion sleeps.\nP.S. It snores.", RIGHT),
    ([POSTSCRIPT], "A lion sleeps.", WRONG),
    ([PLACES], "Dear [name] of [town]", RIGHT),
    ([PLACES], "Dear [name]", WRONG),
    ([PARAGRAPHS], "One.\n***\nTwo.", RIGHT),
    ([PARAGRAPHS], "One.", WRONG),
    ([REPEAT], "Say hello. Hello!", RIGHT),
    ([REPEAT], "Hello!", WRONG),
    ([TWO], "One.\n******\nTwo.", RIGHT),
    ([TWO], "One.\n******\nOne.", WRONG),
    ([CONSTRAINED], "My answer is yes.", RIGHT),
    ([CONSTRAINED], "Yes", WRONG),
    ([HIGHLIGHT], "A *lion* sleeps", RIGHT),
    ([HIGHLIGHT], "A lion sleeps", WRONG),
    ([GERMAN], "Der Löwe schläft heute den ganzen Tag in seinem Käfig.", RIGHT),
    ([GERMAN], "The lion sleeps in its cage for the whole day today.", WRONG),
    ([SECTIONS], "Part 1\nLions\nPart 2\nCages", RIGHT),
    ([SECTIONS], "Lions", WRONG),
    ([NO_COMMA, KEYWORDS], "The lion is in its cage", RIGHT),
    ([NO_COMMA, KEYWORDS], "The lion, it is in its cage", WRONG),
    ([NO_COMMA, KEYWORDS], "The lion is free", WRONG),
    ([NO_COMMA], "", UNPARSED),
    ([NO_COMMA], " \n", UNPARSED),
]


@pytest.mark.parametrize(("pairs", "answer", "grade"), CASES)
def test_every_instruction_must_be_followed(pairs, answer, grade):
    assert GRADERS["ifeval"](answer, item(*pairs)) == grade


def test_arguments_without_a_value_are_left_out():
    given = {"num_words": 4, "relation": "at least", "keywords": None, "language": None}
    assert GRADERS["ifeval"]("one two three four", item((WORDS[0], given))) == RIGHT


def test_the_trace_is_not_part_of_the_answer():
    text = "<think>A lion, it sleeps, and so on</think>A lion sleeps."
    assert grade_text(text, "stop", item(NO_COMMA)).grade == RIGHT


def test_the_same_answer_has_the_same_grade_and_nobodys_dice_are_touched():
    unsaid = item(("keywords:letter_frequency", {}), ("keywords:existence", {}))
    random.seed(3)
    expected = random.Random(3).random()
    grades = {GRADERS["ifeval"]("zebra lion western", unsaid) for _ in range(5)}
    assert len(grades) == 1
    assert random.random() == expected
    short = item(GERMAN)
    assert len({GRADERS["ifeval"]("Hand in Hand", short) for _ in range(20)}) == 1


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({}, r"item i1 of ifeval: meta\.instruction_id_list: value is None; use a list"),
        ({"instruction_id_list": []}, r"instruction_id_list: value is \[\]"),
        ({"instruction_id_list": ["a"]}, r"kwargs: use a list of 1"),
        ({"instruction_id_list": ["a"], "kwargs": []}, r"kwargs: use a list of 1"),
        (
            {"instruction_id_list": ["punctuation:no_coma"], "kwargs": [{}]},
            r"value is 'punctuation:no_coma'; did you mean 'punctuation:no_comma'",
        ),
    ],
)
def test_an_item_that_lacks_its_instructions_is_named(meta, message):
    bad = Item("i1", "ifeval", "general-open", "?", "", "c", "ifeval", meta=meta)
    with pytest.raises(InputError, match=message):
        GRADERS["ifeval"]("x", bad)


SENTENCES = ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"})
CAPITALS = (
    "change_case:capital_word_frequency",
    {"capital_frequency": 2, "capital_relation": "at least"},
)


@pytest.mark.parametrize("pair", [SENTENCES, CAPITALS])
def test_missing_data_is_asked_for_and_never_fetched(monkeypatch, pair):
    def refuse(*_, **__):
        raise AssertionError("something was downloaded")

    monkeypatch.setattr(nltk, "download", refuse)
    monkeypatch.setattr(nltk.data, "path", [])
    instructions._punkt_is_installed.cache_clear()
    with pytest.raises(MachineError, match=r"needs NLTK's punkt_tab; run `python -m nltk\.down"):
        GRADERS["ifeval"]("One. Two.", item(pair))
    instructions._punkt_is_installed.cache_clear()


@pytest.fixture
def punkt(tmp_path, monkeypatch):
    """An untrained model in the files in which NLTK ships one."""
    folder = tmp_path / "tokenizers/punkt_tab/english"
    folder.mkdir(parents=True)
    encode, parameters = TabEncoder(), PunktParameters()
    (folder / "collocations.tab").write_text(encode.tups2tab(parameters.collocations))
    (folder / "sent_starters.txt").write_text(encode.set2txt(parameters.sent_starters))
    (folder / "abbrev_types.txt").write_text(encode.set2txt({"dr"}))
    (folder / "ortho_context.tab").write_text(encode.ivdict2tab(parameters.ortho_context))
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    instructions._punkt_is_installed.cache_clear()
    yield
    instructions._punkt_is_installed.cache_clear()


@pytest.mark.parametrize(
    ("pair", "answer", "grade"),
    [
        (SENTENCES, "A lion sleeps. It snores.", RIGHT),
        (SENTENCES, "A lion of Dr. Smith sleeps.", WRONG),
        (CAPITALS, "A LION in a CAGE.", RIGHT),
        (CAPITALS, "A lion in a cage.", WRONG),
    ],
)
@pytest.mark.usefixtures("punkt")
def test_sentences_and_words_are_parted_by_nltk(pair, answer, grade):
    assert GRADERS["ifeval"](answer, item(pair)) == grade


def test_junk_is_graded_and_raises_nothing():
    draw = random.Random(20261126)
    pairs = [pair for pairs, _, _ in CASES for pair in pairs]
    for number in range(400):
        text = "".join(draw.choices(PIECES, k=draw.randrange(1, 25)))
        one = item(pairs[number % len(pairs)])
        assert GRADERS["ifeval"](text, one) in (RIGHT, WRONG, UNPARSED)


@pytest.mark.parametrize("text", ["lion " * 10_000, "* a\n" * 12_000, "[" * 50_000, "*" * 50_000])
def test_an_answer_of_fifty_thousand_characters_takes_a_moment(text):
    pairs = {pair[0]: pair for pairs, _, _ in CASES for pair in pairs}
    for name, pair in pairs.items():
        started = time.process_time()
        GRADERS["ifeval"](text, item(pair))
        assert time.process_time() - started < 3.0, name


def test_placeholders_are_found_in_lines_with_open_brackets():
    assert GRADERS["ifeval"]("a [b [c] d]\n[e] [ f\n[", item(PLACES)) == RIGHT
    assert GRADERS["ifeval"]("a [b\nc] [d] [ f\n[", item(PLACES)) == WRONG


BAD_ROWS = [
    ("length_constraints:nth_paragraph_first_word", {"keyword": "x", "num_paragraphs": 3}),
    ("language:response_language", {"language": "xx"}),
    ("length_constraints:number_words", {"num_words": 3, "relation": "exactly"}),
    ("keywords:existence", {"keywords": "lion"}),
    ("keywords:existence", {"keywords": [3]}),
    ("keywords:frequency", {"keyword": ["lion"], "frequency": "two", "relation": "at most"}),
    ("keywords:letter_frequency", {"letter": "ab", "let_frequency": 2}),
    ("keywords:letter_frequency", {"letter": 3, "let_frequency": 2}),
    ("startend:end_checker", {"end_phrase": 3}),
    ("punctuation:no_comma", {"commas": 0}),
]


@pytest.mark.parametrize(("name", "given"), BAD_ROWS, ids=str)
def test_parameters_that_a_check_does_not_take_name_the_item_in_a_line(name, given):
    with pytest.raises(
        InputError, match=r"^item i1 of ifeval: meta\.kwargs\[1\]: value is "
    ) as raised:
        GRADERS["ifeval"]("a b c", item(NO_COMMA, (name, given)))
    assert "\n" not in str(raised.value)


def two_of(sign):
    return {"letter": sign, "let_frequency": 2, "let_relation": "at least"}


LITERAL = [
    ("keywords:existence", {"keywords": ["("]}, "f(x)", RIGHT),
    ("keywords:existence", {"keywords": ["("]}, "f x", WRONG),
    ("keywords:existence", {"keywords": ["a.c"]}, "abc", WRONG),
    ("keywords:existence", {"keywords": ["C++", "?"]}, "Why c++?", RIGHT),
    ("keywords:frequency", {"keyword": "*", "frequency": 2, "relation": "at least"}, "* *", RIGHT),
    ("keywords:frequency", {"keyword": ".", "frequency": 2, "relation": "at least"}, "abc", WRONG),
    ("keywords:forbidden_words", {"forbidden_words": ["("]}, "f(x)", WRONG),
    ("keywords:forbidden_words", {"forbidden_words": ["("]}, "f x", RIGHT),
    ("keywords:forbidden_words", {"forbidden_words": ["tiger"]}, "tigers", RIGHT),
    ("keywords:forbidden_words", {"forbidden_words": ["c++"]}, "I like C++.", WRONG),
    ("keywords:forbidden_words", {"forbidden_words": ["a|b"]}, "a b", RIGHT),
    (SECTIONS[0], {"section_spliter": "(", "num_sections": 1}, "( 1 a", RIGHT),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Yes.\nP. S. No.", RIGHT),
    ("detectable_content:postscript", {"postscript_marker": "N.B."}, "Yes.\nN.B. No.", RIGHT),
    ("detectable_content:postscript", {"postscript_marker": "N.B."}, "Yes.\nNaBx No.", WRONG),
    ("keywords:letter_frequency", two_of("!"), "a! b!", RIGHT),
    ("keywords:letter_frequency", two_of("!"), "a! b", WRONG),
    ("keywords:letter_frequency", two_of("#"), "#a #b", RIGHT),
    ("keywords:letter_frequency", two_of("#"), "#a b", WRONG),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 0}, "none", RIGHT),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "answer", "grade"), LITERAL, ids=str)
def test_words_and_signs_are_meant_as_they_are_written(name, given, answer, grade):
    for number in range(3):  # whatever the item: nothing of it is drawn
        one = item((name, given))
        assert GRADERS["ifeval"](answer, dataclasses.replace(one, id=str(number))) == grade


@pytest.mark.parametrize("piece", ["\n", ",", "<<", " \n", "* ", "[", "**", "- \n", "p. ", "a>> "])
def test_hostile_answers_are_checked_in_a_moment(piece):
    text = piece * (100_000 // len(piece))
    pairs = {pair[0]: pair for pairs, _, _ in CASES for pair in pairs}
    for name, pair in pairs.items():
        started = time.process_time()
        GRADERS["ifeval"](text, item(pair))
        assert time.process_time() - started < 3.0, name


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("a << b >> c", RIGHT),
        ("<< b\n>> <<c>>", RIGHT),
        ("<<a\n>> b", WRONG),
        ("<< >>", WRONG),
        (">> <<", WRONG),
        ("<" * 60 + "a>>", RIGHT),
    ],
)
def test_titles_are_found_in_lines_with_open_brackets(text, grade):
    assert GRADERS["ifeval"](text, item(TITLE)) == grade
