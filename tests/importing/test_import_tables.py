import json
from pathlib import Path

import pandas as pd
import pytest
from tests.findings.judged import verdicts_of
from tests.priced_study import priced_study

from breakeven.cli.results import import_
from breakeven.core.errors import InputError
from breakeven.findings.groups import group_pairs
from breakeven.importing.read_results import import_results
from breakeven.results.votes import with_votes

CELLS = """student,size_b,style,family,accuracy,corpus,items
small,0.5,ift,math-open,0.20,general,500
small,0.5,reasoning,math-open,0.30,general,500
large,7,ift,math-open,0.45,general,500
large,7,reasoning,math-open,0.66,general,500
"""
ANSWERS = """student,size_parameters,arm,family,task,item,correct,prompt_tokens,answer_tokens
s,1e9,ift,math-open,sums,a,1,10,5
s,1e9,ift,math-open,sums,b,0,10,5
s,1e9,reasoning,math-open,sums,a,true,10,95
s,1e9,reasoning,math-open,sums,b,0.5,10,105
"""


def written(folder: Path, text: str, name: str = "results.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_cells_becomes_results(tmp_path):
    found = import_results(written(tmp_path, CELLS))
    assert (found.study, found.source, len(found.cells)) == ("results", "imported", 4)
    (cell,) = found.select(student="large", style="reasoning")
    assert cell.arm == "reasoning-general"
    assert (cell.size_parameters, cell.accuracy, cell.items) == (7e9, 0.66, 500)
    assert (cell.reasoning_share, cell.corpus, cell.seed, cell.decoding) == (
        1.0,
        "general",
        0,
        "greedy",
    )
    assert [
        round(pair.reasoning.accuracy - pair.ift.accuracy, 2) for pair in group_pairs(found)
    ] == [0.1, 0.21]


def test_a_column_that_says_percent_is_read_as_percent(tmp_path):
    text = CELLS.replace("accuracy", "accuracy_percent")
    for fraction, percent in (("0.20", "20"), ("0.30", "30"), ("0.45", "45"), ("0.66", "66.0")):
        text = text.replace(f",{fraction},", f",{percent},")
    found = import_results(written(tmp_path, text))
    assert [cell.accuracy for cell in found.cells] == [0.2, 0.3, 0.45, 0.66]


def test_a_family_of_ones_own_is_read_when_declared(tmp_path):
    path = written(tmp_path, CELLS.replace("math-open", "logic"))
    assert import_results(path, families=["logic"]).families() == ("logic",)


def test_a_control_is_read_and_is_in_no_pair(tmp_path):
    found = import_results(written(tmp_path, CELLS.replace("reasoning", "control")))
    assert [cell.style for cell in found.cells] == ["ift", "control"] * 2
    assert group_pairs(found) == ()


def test_a_style_may_be_the_first_word_of_the_arm(tmp_path):
    text = CELLS.replace("style", "arm").replace(",ift,", ",ift-v2,")
    assert {cell.style for cell in import_results(written(tmp_path, text)).cells} == {
        "ift",
        "reasoning",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accuracy,corpus", "acuracy,corpus", "row 1: unknown column 'acuracy'; did you mean"),
        (",family,", ",famly,", "row 1: unknown column 'famly'; did you mean 'family'?"),
        ("accuracy,corpus", "items_seen,corpus", "row 1: unknown column 'items_seen'"),
        ("family,accuracy", "accuracy,accuracy", "row 1: column 'accuracy' occurs twice"),
        ("size_b", "seed", "row 1: column size_b or size_parameters is missing"),
        ("style", "decoding", "row 1: column style or arm is missing"),
        (",0.45,", ",45,", "row 4: accuracy: value is 45, outside 0..1; percent and fractions are"),
        (",0.45,", ",-0.45,", "row 4: accuracy: value is '-0.45'; use 0 or more"),
        (",0.45,", ",high,", "row 4: accuracy: value is 'high'; use a number"),
        (",0.45,", ",nan,", "row 4: accuracy: value is 'nan'; use a number"),
        (",0.45,", ",,", "row 4: accuracy: is empty"),
        ("large,7,ift,math-open", "large,7,ift,math", "row 4: family: value is 'math'; did you"),
        ("large,7,ift", "large,7,itf", "row 4: style: value is 'itf'; did you mean 'ift'?"),
        ("large,7,ift", "large,0,ift", "row 4: size_b: value is '0'; use 1e-09..1e+06"),
        ("large,7,ift", "large,8,ift", "row 5: size_parameters: value is 7000000000.0, but 8"),
        ("large,7,ift", "small,0.5,ift", "row 4: the same cell as row 2 (student small, arm"),
        (",0.45,general,500", ",0.45,general,50.5", "row 4: items: value is '50.5'; use a whole"),
        (",0.45,general,500", ",0.45,general", "row 4: has 6 cells, the header has 7"),
        (",0.45,general,500", ",0.45,,500", "row 4: corpus: is empty"),
    ],
)
def test_bad_cells_are_refused_with_row_and_column(tmp_path, old, new, message):
    assert old in CELLS
    path = written(tmp_path, CELLS.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        import_results(path)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("20", "30", "45", "66"), "row 2: accuracy: value is 20, outside 0..1; the column is in"),
        (("0.2", "30", "45", "66"), "row 3: accuracy: value is 30, outside 0..1; percent and"),
    ],
)
def test_percents_in_a_column_of_fractions_are_refused(tmp_path, values, message):
    text = CELLS
    for old, new in zip(("0.20", "0.30", "0.45", "0.66"), values, strict=True):
        text = text.replace(f",{old},", f",{new},")
    with pytest.raises(InputError) as caught:
        import_results(written(tmp_path, text))
    assert message in str(caught.value)


def test_a_fraction_among_percents_is_refused(tmp_path):
    text = CELLS.replace("accuracy", "accuracy_percent").replace(",0.20,", ",20,")
    with pytest.raises(InputError, match=r"row 3: accuracy_percent: value is 0\.3, which reads"):
        import_results(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("results.csv", "", "is empty"),
        ("results.csv", CELLS.splitlines()[0], "has no rows below its header"),
        ("results.xlsx", "x", r"is no \.csv, \.parquet or \.yaml file"),
        ("results.parquet", "x", "not a readable Parquet file"),
    ],
)
def test_files_that_hold_no_table_are_refused(tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        import_results(written(tmp_path, text, name))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        import_results(tmp_path / "nowhere.csv")


def test_answers_by_item_keep_their_pairs(tmp_path):
    found = import_results(written(tmp_path, ANSWERS))
    assert found.items is not None
    assert [(cell.arm, cell.accuracy, cell.items) for cell in found.cells] == [
        ("ift", 0.5, 2),
        ("reasoning", 0.75, 2),
    ]
    assert found.cells[1].answer_tokens == 100


def test_flops_are_derived_from_tokens_and_size_and_marked(tmp_path):
    found = import_results(written(tmp_path, ANSWERS))
    assert [cell.inference_flops for cell in found.cells] == [2e9 * 15, 2e9 * 110]
    assert any("derived, 2 FLOPs a parameter and token" in note for note in found.notes)


def test_stated_flops_are_not_replaced(tmp_path):
    text = CELLS.replace("items", "inference_flops")
    found = import_results(written(tmp_path, text))
    assert found.cells[0].inference_flops == 500
    assert not any("derived" in note for note in found.notes)


def test_parquet_and_csv_give_the_same_results(tmp_path):
    path = written(tmp_path, ANSWERS)
    pd.read_csv(path).to_parquet(tmp_path / "results.parquet")
    assert import_results(tmp_path / "results.parquet").cells == import_results(path).cells


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sums,b,0,", "sums,a,0,", "row 3: the same answer as row 2 (student s, arm ift"),
        ("sums,b,0,", "sums,b,2,", "row 3: correct: value is '2'; use 0..1"),
        ("sums,b,0,", "sums,,0,", "row 3: item: is empty"),
        ("math-open,sums,b,0,", "math-mc,sums,b,0,", "row 3: family: value is math-mc, but math-"),
        (",item,", ",itm,", "row 1: unknown column 'itm'; did you mean 'item'?"),
    ],
)
def test_bad_answers_are_refused_with_row_and_column(tmp_path, old, new, message):
    assert old in ANSWERS
    path = written(tmp_path, ANSWERS.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        import_results(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_cells_of_whole_families_decide_nothing(tmp_path):
    verdicts = verdicts_of(import_results(written(tmp_path, CELLS)))
    wins = verdicts["reasoning-wins-most-pairs"]
    assert wins.verdict == "undecidable here"
    assert "2 of 2 pairs" in wins.evidence


def test_cells_without_a_number_of_questions_decide_nothing(tmp_path):
    text = "\n".join(line.rsplit(",", 1)[0] for line in CELLS.splitlines())
    verdicts = verdicts_of(import_results(written(tmp_path, text)))
    assert {verdict.verdict for verdict in verdicts.values()} == {"undecidable here"}


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
        ("chance", "0", 0.0),
        ("chance", ".25", 0.25),
        ("seed", "4294967295", 4294967295),
        ("seed", "1e3", 1000),
        ("truncated_share", "1", 1.0),
    ],
)
def test_possible_numbers_are_read_as_they_stand(tmp_path, column, value, read):
    (cell,) = import_results(written(tmp_path, ONE.format(f",{column}", f",{value}"))).cells
    assert getattr(cell, column) == read


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


def test_votes_of_samples_are_what_a_column_says_they_say(tmp_path):
    said = [("1/2", 1), (" 1/2", 1), ("0.3", 0), ("", 0)]
    lines = [
        f"s,1,ift,math-open,sums,{item},{sample},{correct},{text},10,5"
        for item in ("a", "b")
        for sample, (text, correct) in enumerate(said)
    ]
    header = "student,size_b,style,family,task,item,sample,correct,vote,prompt_tokens,answer_tokens"
    found = with_votes(import_results(written(tmp_path, "\n".join([header, *lines]))))

    assert found.votes is not None
    votes = {cell.decoding: cell for cell in found.votes.cells}
    assert votes["greedy maj@4"].accuracy == 1.0
    # Two of the four choices of three samples have one right answer, and a tie.
    assert votes["greedy maj@3"].accuracy == pytest.approx((1 + 1 + 2 * 0.5) / 4)
    assert votes["greedy maj@4"].answer_tokens == 20.0
    # FLOPs that the import derived are of a cell, not of its items.
    assert votes["greedy maj@4"].inference_flops == pytest.approx(4 * 2e9 * 15)


def test_imported_answers_are_priced_on_a_device_by_the_names_of_models(tmp_path, capsys):
    text = ANSWERS.replace("s,1e9", "Qwen2.5-1.5B,1.5e9") + ANSWERS.split("\n", 1)[1]
    import_(written(tmp_path, text), tmp_path / "report", None, ["h100", "L4"], None, as_json=True)
    rows = json.loads(capsys.readouterr().out)["served"]
    known = [row for row in rows if row["student"] == "Qwen2.5-1.5B"]
    assert {row["hardware"] for row in known} == {"H100", "L4"}
    assert all(row["money"] > 0 and row["seconds"] > 0 for row in known)
    (unknown,) = {row["reason"] for row in rows if row["student"] == "s"}
    assert unknown == "s is no model whose architecture is bundled"
    with pytest.raises(InputError, match=r"--hardware: value is 'H10'"):
        import_(written(tmp_path, text), tmp_path / "report", None, ["H10"], None, as_json=True)


def test_an_imported_service_is_paid_by_the_token(tmp_path, capsys):
    costs = priced_study(tmp_path, {"s": {"input": 0.5, "output": 2.0}})
    import_(written(tmp_path, ANSWERS), tmp_path / "report", None, None, costs, as_json=True)
    rows = json.loads(capsys.readouterr().out)["served"]
    money = {row["arm"]: row["money"] for row in rows}
    # Millionths: ten tokens read and five or a hundred written, at half a euro and two.
    assert money == pytest.approx({"ift": 15e-6, "reasoning": 205e-6})
    assert {row["hardware"] for row in rows} == {"prices of tokens"}
