"""Values of an imported table: numbers, words, names, encodings."""

import pytest
from tests.importing.tables import ANSWERS, CELLS, written

from breakeven.core.errors import InputError
from breakeven.importing.read_results import import_results

ONE = "student,size_b,style,family,accuracy,items{}\na,1,ift,math-open,0.5,100{}\n"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("inference_flops", "0", "value is '0'; a zero has no place on a logarithmic axis"),
        ("inference_flops", "-1e12", "value is '-1e12'; use 1..1e+30"),
        ("inference_flops", "1e308", "value is '1e308'; use 1..1e+30"),
        ("inference_flops", "1e400", "value is '1e400'; use a number"),
        ("inference_flops", "inf", "value is 'inf'; use a number"),
        ("inference_flops", "1_000", "value is '1_000'; use a number"),
        ("inference_flops", "TRUE", "value is 'TRUE'; use a number"),
        ("train_flops", "0.0", "value is '0.0'; a zero has no place"),
        ("train_tokens", "1e300", "value is '1e300'; use 1..1e+18"),
        ("device_seconds", "0", "value is '0'; a zero has no place"),
        ("prompt_tokens", "0", "value is '0'; a zero has no place"),
        ("answer_tokens", "0", "nothing was generated in this cell"),
        ("answer_tokens", "1e-308", "nothing was generated in this cell"),
        ("chance", "1", "value is '1'; use 0..0.999"),
        ("chance", "25", "value is '25'; use 0..0.999"),
        ("truncated_share", "yes", "value is 'yes'; use a number"),
        ("seed", "1e30", "value is '1e30'; use 0..9.0072e+15"),
        ("seed", "1.5", "value is '1.5'; use a whole number"),
        ("seed", "no", "value is 'no'; use a number"),
    ],
)
def test_impossible_numbers_are_refused_with_row_and_column(tmp_path, column, value, message):
    path = written(tmp_path, ONE.format(f",{column}", f",{value}"))
    with pytest.raises(InputError) as caught:
        import_results(path)
    assert str(caught.value).startswith(f"{path}: row 2: {column}: {message}")


@pytest.mark.parametrize(
    ("column", "value", "read"),
    [
        ("inference_flops", "1e12", 1e12),
        ("inference_flops", " 3E+25 ", 3e25),
        ("inference_flops", "", None),
        ("thinking_tokens", "0", 0.0),
        ("prompt_tokens", "1", 1.0),
        ("prompt_tokens,cached_prompt_tokens", "9,0", 0.0),
        ("prompt_tokens,cached_prompt_tokens", "9,9", 9.0),
        ("prompt_tokens,cached_prompt_tokens", "9,", None),
        ("chance", "0", 0.0),
        ("chance", ".25", 0.25),
        ("seed", "4294967295", 4294967295),
        ("seed", "1e3", 1000),
        ("truncated_share", "1", 1.0),
    ],
)
def test_possible_numbers_are_read_as_they_stand(tmp_path, column, value, read):
    (cell,) = import_results(written(tmp_path, ONE.format(f",{column}", f",{value}"))).cells
    assert getattr(cell, column.split(",")[-1]) == read


@pytest.mark.parametrize(
    ("header", "values", "message"),
    [
        (
            "prompt_tokens,",
            "9,9.5",
            "row 2: cached_prompt_tokens: value is 9.5, and prompt_tokens 9",
        ),
        (
            "prompt_tokens,",
            ",1",
            "row 2: cached_prompt_tokens: value is 1, and prompt_tokens is blank",
        ),
        ("prompt_tokens,", "9,-1", "row 2: cached_prompt_tokens: value is '-1'; use 0..1e+09"),
        ("", "1", "column prompt_tokens"),
    ],
)
def test_more_cannot_be_cached_than_was_read(tmp_path, header, values, message):
    path = written(tmp_path, ONE.format(f",{header}cached_prompt_tokens", f",{values}"))
    with pytest.raises(InputError) as caught:
        import_results(path)
    assert message in str(caught.value)


def test_an_untrained_base_cost_nothing_to_train(tmp_path):
    text = ONE.format(",train_flops", ",0").replace(",ift,", ",base,")
    assert import_results(written(tmp_path, text)).cells[0].train_flops is None


@pytest.mark.parametrize("header", ["accuracy,items,task", "correct,item,task"])
def test_blank_costs_of_some_cells_are_absent(tmp_path, header):
    text = (
        f"student,size_b,style,family,{header},train_flops\n"
        "a,1,base,math-open,0,1,t,0\na,1,ift,math-open,0.5,1,t,\na,1,reasoning,math-open,1,1,t,1e15\n"
    )
    cells = import_results(written(tmp_path, text)).cells
    assert {cell.style: cell.train_flops for cell in cells} == {
        "base": None,
        "ift": None,
        "reasoning": 1e15,
    }


def test_a_training_has_one_cost_in_all_its_rows(tmp_path):
    text = ONE.format(",task,train_flops", ",t,1e15") + "a,1,ift,math-open,0.5,100,u,\n"
    with pytest.raises(InputError, match=r"row 3: train_flops: value is blank, but 1000000000000"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize("size", ["yes", "TRUE", "0", "1e308", "nan", "0,5"])
def test_a_size_is_a_number_of_parameters(tmp_path, size):
    text = ONE.format("", "").replace("a,1,", f'a,"{size}",')
    with pytest.raises(InputError, match="row 2: size_b: value is"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize("accuracy", ["TRUE", "yes", "false", "50%", "0,5"])
def test_an_accuracy_is_no_word(tmp_path, accuracy):
    text = ONE.format("", "").replace(",0.5,", f',"{accuracy}",')
    with pytest.raises(InputError, match=r"row 2: accuracy: value is '.*'; use a number"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize(("word", "mark"), [("TRUE", 1), ("yes", 1), ("False", 0), ("no", 0)])
def test_an_answer_may_be_right_in_a_word(tmp_path, word, mark):
    found = import_results(written(tmp_path, ANSWERS.replace("sums,a,1,", f"sums,a,{word},", 1)))
    assert found.items is not None
    assert found.items["correct"].iloc[0] == mark


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("{head}\n\n\n{good}\n\n{bad}\n", 6),
        ("\n\n{head}\n{bad}\n", 4),
        ("{head}\n,,,,,\n{good}\n{bad}\n", 4),
        ('{head}\n"a\nb",1,ift,math-open,0.5,100\n{bad}\n', 3),
        ("\ufeff{head}\r\n{good}\r\n{bad}\r\n", 3),
    ],
)
def test_rows_are_counted_as_a_spreadsheet_does(tmp_path, text, row):
    head, good = ONE.format("", "").splitlines()
    bad = good.replace("ift", "reasoning").replace("0.5", "1.6")
    path = written(tmp_path, text.format(head=head, good=good, bad=bad))
    with pytest.raises(InputError, match=f"row {row}: accuracy: value is 1.6"):
        import_results(path)


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_said(tmp_path, sign, name):
    with pytest.raises(InputError, match=f"row 1: is separated by {name}; save the table with"):
        import_results(written(tmp_path, CELLS.replace(",", sign)))


@pytest.mark.parametrize("name", ["RESULTS.CSV", "results.Csv"])
def test_an_ending_in_capitals_is_the_same_ending(tmp_path, name):
    assert len(import_results(written(tmp_path, CELLS, name)).cells) == 4


def test_only_questions_that_every_run_answered_are_compared(tmp_path):
    text = ANSWERS + "s,1e9,ift,math-open,sums,c,1,10,5\ns,1e9,ift,math-open,other,a,1,10,5\n"
    found = import_results(written(tmp_path, text))
    assert [(cell.accuracy, cell.items) for cell in found.cells] == [(0.5, 2), (0.75, 2)]
    assert found.notes[:2] == (
        "sums: compared on the 2 of 3 questions that all runs answered; left out: c",
        "math-open: compared on the 1 of 2 tasks that all runs answered; left out: other",
    )


def test_runs_without_a_common_question_are_refused(tmp_path):
    text = ANSWERS.replace("ift,math-open,sums,a", "ift,math-open,sums,c")
    text = text.replace("ift,math-open,sums,b", "ift,math-open,sums,d")
    with pytest.raises(InputError, match="task sums: no question was answered by all of its 2 run"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Small", "small"),
        ("\u00e9lan", "e\u0301lan"),
        ("s-1", "s\u20111"),
        ("s-1", "s\u22121"),
        ("s 1", "s\u00a01"),
        ("s 1", "s  1"),
        ("s1", "s\uff11"),
    ],
)
def test_one_name_in_two_spellings_is_refused(tmp_path, one, other):
    text = CELLS.replace("small", one, 1).replace("small", other, 1)
    with pytest.raises(
        InputError, match=r"row 3: student: .*row 2\) are one name in two"
    ) as caught:
        import_results(written(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("one", "other"), [("s-1", "s1"), ("s-1", "s-2"), ("s.1", "s-1")])
def test_names_that_differ_are_two(tmp_path, one, other):
    text = CELLS.replace("small", one).replace("large", other)
    assert {cell.student for cell in import_results(written(tmp_path, text)).cells} == {one, other}


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\x1b", "\ufeff", "\u202e"])
def test_a_character_that_cannot_be_seen_is_refused_in_a_name(tmp_path, unseen):
    text = CELLS.replace("large,7,reasoning", f"la{unseen}rge,7,reasoning")
    with pytest.raises(InputError, match=rf"row 5: student: .*remove U\+{ord(unseen):04X}"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_told(tmp_path, encoding):
    path = tmp_path / "results.csv"
    path.write_bytes(CELLS.encode(encoding))
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        import_results(path)


def test_a_zero_has_no_sign(tmp_path):
    found = import_results(written(tmp_path, CELLS.replace("0.20", "-0")))
    assert str(found.cells[0].accuracy) == "0.0"
