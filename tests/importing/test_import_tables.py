import json

import pandas as pd
import pytest
from tests.findings.judged import verdicts_of
from tests.importing.tables import ANSWERS, CELLS, written
from tests.priced_study import priced_study

from breakeven.cli.results import import_
from breakeven.core.errors import InputError
from breakeven.findings.groups import group_pairs
from breakeven.importing.read_results import import_results
from breakeven.results.votes import with_votes


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


def test_of_a_mixture_the_parameters_that_a_token_visits_are_counted(tmp_path):
    text = """student,size_b,style,family,accuracy,prompt_tokens,answer_tokens,train_tokens
Qwen3-30B-A3B,30.5,ift,math-open,0.5,100,900,1000
Qwen3-8B,8.2,ift,math-open,0.4,100,900,1000
"""
    found = import_results(written(tmp_path, text))
    sparse, dense = found.cells
    # 3.3 billion a token (its model card), without the look-up table of 0.3.
    assert sparse.inference_flops == pytest.approx(2 * 3.04e9 * 1000, rel=0.01)
    assert sparse.train_flops == pytest.approx(6 * 3.04e9 * 1000, rel=0.01)
    assert dense.inference_flops == pytest.approx(2 * 8.2e9 * 1000)
    assert any("Qwen3-30B-A3B, derived FLOPs count the parameters" in note for note in found.notes)


@pytest.mark.parametrize(
    ("header", "row"), [("task,accuracy,items", "{},0.5,9"), ("item,task,correct", "{},t,1")]
)
def test_traces_that_only_some_rows_part_from_the_answer_count_in_full(tmp_path, header, row):
    rows = [
        f"s,1,reasoning,math-open,{row.format('u')},10,200,1000",
        f"s,1,reasoning,math-open,{row.format('v')},10,300,",
    ]
    head = f"student,size_b,style,family,{header},prompt_tokens,answer_tokens,thinking_tokens"
    (cell,) = import_results(written(tmp_path, "\n".join([head, *rows, ""]))).cells
    # 1,200 and 300 were generated; how many of them were thought is not known of both.
    assert (cell.output_tokens, cell.thinking_tokens) == (750, None)
    assert cell.inference_flops == pytest.approx(2e9 * 760)


def test_a_mean_over_some_of_the_answers_is_said_to_be_one(tmp_path):
    whole = import_results(written(tmp_path, ANSWERS))
    assert not any("not known of" in note for note in whole.notes)
    found = import_results(written(tmp_path, ANSWERS.replace("10,105", "10,")))
    assert found.cells[1].answer_tokens == 95
    assert [note for note in found.notes if "not known of" in note] == [
        "answer_tokens: not known of 1 of 2 answers of s reasoning; its means are over the others"
    ]


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
