"""Pieces hold every answer, as data alone, and the same bytes for the same answers."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.report.synthetic import write_study

from breakeven.browse import pieces
from breakeven.browse.pieces import samples_of
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.params import Params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OUTCOMES

TASK = "chain-open"
HARD = "</script><script>window.hacked = 1</script> \u2028\u2029 \ud800 \x00 \"'`${x}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Params]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pieces"))
        params = write_study(items=20, students=("t30k", "t2m"), draws=200)
        path = answers_path("t2m", "reasoning", 0, "greedy", TASK)
        first, *others = read_rows(path, Answer)
        write_rows(
            path, [Answer(**{**vars(first), "text": f"<think>{HARD}</think>{HARD}"}), *others]
        )
        yield params


def rows() -> pd.DataFrame:
    return pd.read_parquet(items_path())


def piece(file: Path) -> Any:
    found = re.fullmatch(r'breakevenPiece\("([^"]*)","([A-Za-z0-9+/=]*)"\);\n', file.read_text())
    assert found is not None
    assert file.as_posix().endswith(f"{found[1]}.js")
    return json.loads(zlib.decompress(base64.b64decode(found[2])))


def test_every_answer_is_in_a_piece_with_its_outcome(study: Params, tmp_path: Path) -> None:
    samples_of(study, rows()).write(tmp_path)
    scores = rows()
    told = 0
    for task in study.tasks:
        found = piece(tmp_path / f"questions/{task}.js")
        items = sorted(read_rows(task_path(task), Item), key=lambda item: item.id)
        assert found["items"] == [item.id for item in items]
        assert found["prompts"] == [item.prompt for item in items]
        for cell in found["cells"]:
            key = [cell[name] for name in ("student", "arm", "seed", "decoding")]
            wrote = piece(tmp_path / "answers" / "/".join(map(str, key)) / f"{task}.js")
            texts = {one.item: one for one in read_rows(answers_path(*key, task), Answer)}
            mine = scores.query("student == @key[0] and arm == @key[1] and task == @task")
            outcomes = dict(zip(mine["item"], mine["outcome"], strict=True))
            for item, code, ((trace, text, *tokens),) in zip(
                found["items"], cell["outcomes"], wrote, strict=True
            ):
                one = texts[item]
                assert (trace + text, text) == (one.text, one.without_trace)
                assert tokens == [one.prompt_tokens, one.thinking_tokens, one.answer_tokens]
                assert OUTCOMES[int(code)] == outcomes[item]
                told += 1
    assert told == len(scores)


def test_marks_are_of_arms_with_a_side_and_of_what_they_answered(
    study: Params, tmp_path: Path
) -> None:
    samples_of(study, rows()).write(tmp_path)
    cells = piece(tmp_path / f"questions/{TASK}.js")["cells"]
    scores = rows().query("task == @TASK").sort_values("item")
    for cell in cells:
        mine = scores[(scores["student"] == cell["student"]) & (scores["arm"] == cell["arm"])]
        right = "".join("r" if one else "w" for one in mine["correct"])
        sided = cell["arm"] in ("ift", "reasoning")
        assert cell["marks"] == (right if sided else "." * len(right))


def test_several_samples_stand_one_after_the_other(study: Params, tmp_path: Path) -> None:
    one = rows().query("task == @TASK and student == 't2m' and arm == 'ift'")
    two = one.assign(sample=1, correct=True, outcome="right")
    every = pd.concat([two, one], ignore_index=True)
    samples_of(study, every).write(tmp_path)
    (cell,) = piece(tmp_path / f"questions/{TASK}.js")["cells"]
    outcomes = one.sort_values("item")["outcome"]
    assert cell["samples"] == 2
    assert cell["outcomes"][::2] == "".join(str(OUTCOMES.index(one)) for one in outcomes)
    assert set(cell["outcomes"][1::2]) == {"0"}


def test_no_text_is_more_than_data(study: Params, tmp_path: Path) -> None:
    samples_of(study, rows()).write(tmp_path)
    wrote = piece(tmp_path / f"answers/t2m/reasoning/0/greedy/{TASK}.js")
    ((trace, _text, *_tokens),) = wrote[0]
    assert trace == f"<think>{HARD}</think>"


def test_the_same_answers_give_the_same_bytes(study: Params, tmp_path: Path) -> None:
    for name in ("one", "two"):
        samples_of(study, rows()).write(tmp_path / name)
    first, second = (
        {
            file.relative_to(tmp_path / name): file.read_bytes()
            for file in tmp_path.rglob(f"{name}/**/*.js")
        }
        for name in ("one", "two")
    )
    assert first == second
    assert len(first) == len(study.tasks) * (1 + 2 * len(study.arms))


def test_of_very_many_answers_a_share_of_every_task_is_drawn(study: Params, tmp_path: Path) -> None:
    size = sum(file.stat().st_size for file in Path("answers").rglob("*.jsonl"))
    few = samples_of(study, rows(), most_bytes=size // 2)
    assert {task: len(items) for task, items in few.shown.items()} == dict.fromkeys(study.tasks, 9)
    assert set(few.asked.values()) == {20}
    few.write(tmp_path)
    assert len(piece(tmp_path / f"questions/{TASK}.js")["items"]) == 9
    assert len(piece(tmp_path / f"answers/t2m/ift/0/greedy/{TASK}.js")) == 9


def test_a_large_piece_is_parted_by_questions(
    study: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = answers_path("t2m", "ift", 0, "greedy", TASK)
    monkeypatch.setattr(pieces, "PIECE_BYTES", path.stat().st_size // 3)
    samples_of(study, rows()).write(tmp_path)
    cells = piece(tmp_path / f"questions/{TASK}.js")["cells"]
    (block,) = {one["block"] for one in cells if (one["student"], one["arm"]) == ("t2m", "ift")}
    assert block == 6
    parts = [piece(tmp_path / f"answers/t2m/ift/0/greedy/{TASK}-{n}.js") for n in range(4)]
    assert [len(part) for part in parts] == [6, 6, 6, 2]


def test_texts_that_are_gone_are_told(study: Params, tmp_path: Path) -> None:
    path = answers_path("t30k", "ift", 0, "greedy", TASK)
    away = path.rename(path.with_suffix(".away"))
    try:
        samples_of(study, rows()).write(tmp_path)
    finally:
        away.rename(path)
    blocks = {
        (one["student"], one["arm"]): one["block"]
        for one in piece(tmp_path / f"questions/{TASK}.js")["cells"]
    }
    assert blocks["t30k", "ift"] is None
    assert blocks["t2m", "ift"] == 20


def test_scores_without_outcomes_name_the_stage_to_run(study: Params) -> None:
    with pytest.raises(InputError, match=r"column outcome is missing; run `dvc repro score`"):
        samples_of(study, rows().drop(columns="outcome"))
