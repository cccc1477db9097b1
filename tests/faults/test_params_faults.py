"""Parameters that a stranger wrote: refused in a line, quickly, before a shell sees a name."""

import json
import time
from copy import deepcopy

import pytest
from tests.params.valid import VALID
from tests.pipeline.repository import TINY, make_study

from breakeven.core.errors import InputError
from breakeven.params import load_params
from breakeven.params.reading import MOST_BYTES, MOST_VALUES

TABLES = ("sources", "corpora", "students", "arms", "tasks")


def test_no_name_reaches_a_shell_before_the_params_are_checked(tmp_path):
    params = deepcopy(TINY)
    for table in TABLES:
        params[table]["a;touch hacked"] = next(iter(params[table].values()))
        params[table]["$(touch hacked)"] = next(iter(params[table].values()))
    study = make_study(tmp_path / "study", params)
    done = study.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert not list(study.folder.rglob("hacked"))
    assert not (study.folder / "data").exists()
    assert "a name is lower-case letters" in done.stdout + done.stderr


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ["a" * 65, "a" * 1000, "a;touch x", "../a", "a/b", "A", "", "-a"])
def test_a_name_that_is_none_is_refused(tmp_path, table, name):
    tree = deepcopy(VALID)
    tree[table][name] = next(iter(tree[table].values()))
    with pytest.raises(InputError) as caught:
        load(tree, tmp_path)
    assert f"params.yaml: {table}." in str(caught.value)
    assert len(str(caught.value)) < 12_000


def load(tree, folder):
    path = folder / "params.yaml"
    path.write_text(json.dumps(tree))
    return load_params(path)


def many(count):
    return "a: [" + "1, " * count + "]"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\n" + "\n".join(f"k{n}: &b{n} [*a]" for n in range(MOST_VALUES)),
        many(MOST_VALUES + 1),
        "a: " + "x" * (MOST_BYTES + 1),
        "[" * (MOST_BYTES - 1),
        "a: 1\n" * 40_000,
    ],
    ids=["aliases", "values", "bytes", "depth", "rows"],
)
def test_a_file_that_is_too_large_is_refused_in_a_second(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    load_libraries(tmp_path)
    before = time.process_time()
    with pytest.raises(InputError, match=r"params\.yaml: "):
        load_params(path)
    assert time.process_time() - before < 1.5


def load_libraries(folder):
    (folder / "first.yaml").write_text("a: 1")
    with pytest.raises(InputError):
        load_params(folder / "first.yaml")
