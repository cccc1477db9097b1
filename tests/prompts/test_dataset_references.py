"""References of a data set are those that stand in its files, whatever the files are."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from breakeven.core.errors import InputError
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params.sources import DatasetSource
from breakeven.prompts.source_prompts import stream_prompts


def references(folder: Path, notes: LoadNotes | None = None) -> list[str | None]:
    source = DatasetSource(kind="dataset", folder=folder.name, prompt="q", reference="a")
    return [one.reference for one in stream_prompts("s", source, notes or LoadNotes())]


def written(folder: Path, text: str, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["18", "", "7"], ["18", None, "7"]),
        (["NA", "null", "None", "nan", "N/A"], ["NA", "null", "None", "nan", "N/A"]),
        (["00501", "1.50", "-0"], ["00501", "1.50", "-0"]),
        (["2020-01-01", "1/2", "12:30"], ["2020-01-01", "1/2", "12:30"]),
        (["TRUE", "True", "yes"], ["TRUE", "True", "yes"]),
        (["1e5", "0x10", "12345678901234567890123"], ["1e5", "0x10", "12345678901234567890123"]),
        (['"1,000"', '" 7 "', '"a\nb"'], ["1,000", "7", "a\nb"]),
    ],
)
@pytest.mark.parametrize(("name", "sign"), [("train.csv", ","), ("train.tsv", "\t")])
def test_cells_of_a_csv_are_text(project, cells, found, name, sign):
    rows = [f"question {number}{sign}{cell}\n" for number, cell in enumerate(cells)]
    assert references(written(project / "set", f"q{sign}a\n" + "".join(rows), name)) == found


def test_a_short_row_of_a_csv_has_no_reference(project):
    assert references(written(project / "set", "q,a\nx?,1\ny?\n", "train.csv")) == ["1", None]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["18", "1.5", "null"], ["18", "1.5", None]),
        (["18", '"18a"', '"00501"'], ["18", "18a", "00501"]),
        (["NaN", "1.0"], [None, "1.0"]),
        (['"2020-01-01"', '"2020-01-02 10:00:00"'], ["2020-01-01", "2020-01-02 10:00:00"]),
        (['"NA"', '"null"', '""'], ["NA", "null", None]),
        (["12345678901234567890123", "-0.0"], ["12345678901234567890123", "-0.0"]),
    ],
)
def test_values_of_json_are_those_of_the_file(project, values, found):
    rows = [f'{{"q": "question {number}", "a": {one}}}' for number, one in enumerate(values)]
    assert references(written(project / "lines", "\n".join(rows), "train.jsonl")) == found
    assert references(written(project / "array", f"[{','.join(rows)}]", "train.json")) == found


def test_missing_and_exact_numbers_of_parquet_are_told_apart(project):
    columns = {
        "nan": (pa.array([float("nan"), 1.5]), [None, "1.5"]),
        "null": (pa.array([18, None]), ["18", None]),
        "decimal": (pa.array([Decimal("1.50"), None]), ["1.50", None]),
        "text": (pa.array(["00501", "NA"]), ["00501", "NA"]),
    }
    for name, (column, found) in columns.items():
        (project / name).mkdir()
        table = pa.table({"q": ["x?", "y?"], "a": column})
        pq.write_table(table, project / name / "train.parquet")
        assert references(project / name) == found, name


@pytest.mark.parametrize("value", ["true", "[1]", '{"b": 1}', "Infinity"])
def test_what_is_neither_text_nor_a_number_is_counted(project, value):
    text = f'{{"q": "x?", "a": {value}}}\n{{"q": "y?", "a": 1}}\n'
    notes = LoadNotes()
    assert references(written(project / "set", text, "train.jsonl"), notes) == ["1"]
    assert notes.dropped.total() == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.jsonl", "", "it has no rows"),
        ("train.jsonl", "\n \n", "it has no rows"),
        ("train.json", "[]", "it has no rows"),
        ("train.csv", "", "cannot be read: No columns to parse"),
        ("train.csv", "q,a\n", "it has no rows"),
        ("train.csv", "q,a\nx?,1\ny?,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("train.csv", "q;a\nx?;1\n", "field 'q': no 'q'; allowed: q;a"),
        ("train.jsonl", '{"q": "x?"}\n[1]\n', r"train\.jsonl: line 2: is no JSON object"),
        ("train.json", '{"q": [1, 2], "a":\n [1]}', "its columns are of unequal length"),
        ("train.json", '[1, {"q": 2}]', "holds no rows; use JSON lines or an array of objects"),
        ("train.json", '{"q": 1,\n"a"', r"train\.json: not valid JSON"),
    ],
)
def test_files_without_rows_are_refused_in_one_line(project, name, text, message):
    with pytest.raises(InputError, match=message) as caught:
        references(written(project / "set", text, name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('\ufeff{"q": "x?", "a": 1}\n', ["1"]),
        ('\n{"q": "x?"}\n\n{"q": "y?", "a": "2"}\n', [None, "2"]),
        ('{"q": ["x?", "y?"],\n "a": [1, 2]}', ["1", "2"]),
        ('{"q": "x?",\n "a": 1}', None),
    ],
)
def test_shapes_of_json_files(project, text, found):
    folder = written(project / "set", text, "train.json")
    if found is None:
        with pytest.raises(InputError, match="holds no rows"):
            references(folder)
    else:
        assert references(folder) == found


def test_nested_keys_that_other_rows_have_are_missing_not_wrong(project):
    text = (
        '{"q": [{"role": "user", "content": "x?"}], "a": {"value": 1}}\n'
        '{"q": [{"role": "user", "content": "y?"}], "a": {"other": 2}}\n'
    )
    source = DatasetSource(
        kind="dataset",
        folder=written(project / "set", text, "train.jsonl").name,
        prompt="q.0.content",
        reference="a.value",
    )
    assert [one.reference for one in stream_prompts("s", source, LoadNotes())] == ["1", None]


def test_compressed_json_is_unpacked(project):
    import gzip

    (project / "set").mkdir()
    with gzip.open(project / "set" / "train.jsonl.gz", "wt", encoding="utf-8") as handle:
        handle.write('{"q": "x?", "a": "007"}\n')
    assert references(project / "set") == ["007"]
