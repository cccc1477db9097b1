"""Rendered corpora in scratch: read as they were written, and rendered again where they are not."""

import shutil
from pathlib import Path

import pytest
from tests.train.tiny import make_params, worked_pairs

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_json, write_json
from breakeven.core.layout import pairs_path
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.rows.pair import write_pairs
from breakeven.train import arm_lessons
from breakeven.train.corpus_examples import CorpusExamples
from breakeven.train.example_store import ExampleStore
from breakeven.train.kept_examples import kept_examples
from breakeven.train.plan import plan_cell

KEPT = Path(".work/examples")


def parts_of(examples):
    return (*examples[:1], list(examples.ift), list(examples.reasoning), *examples[3:])


@pytest.fixture
def rendered(study, monkeypatch):
    """The corpora that were rendered, in order."""
    corpora, render = [], arm_lessons.render_pairs

    def noted(*args, **options):
        corpora.append(options["corpus"])
        return render(*args, **options)

    monkeypatch.setattr(arm_lessons, "render_pairs", noted)
    return corpora


def refuse():
    raise AssertionError("rendered although it is kept")


def test_examples_are_read_as_they_were_rendered(study, corpus_examples):
    whole = corpus_examples._replace(too_long=3, unchanged=frozenset({0, 29}))
    assert kept_examples({"corpus": 1}, "examples", lambda: whole) is whole
    again = kept_examples({"corpus": 1}, "examples", refuse)
    assert parts_of(again) == parts_of(whole)
    assert [again.ift.tokens(at) for at in range(30)] == [whole.ift.tokens(at) for at in range(30)]
    assert again.reasoning.as_bytes(7) == whole.reasoning.as_bytes(7)


def test_a_store_that_was_read_takes_more(study, corpus_examples):
    one = CorpusExamples(
        ("a",), ExampleStore([corpus_examples.ift[0]]), ExampleStore([corpus_examples.ift[1]]), 0
    )
    kept_examples({}, "examples", lambda: one)
    store = kept_examples({}, "examples", refuse).ift
    store.append(corpus_examples.ift[2])
    assert list(store) == [corpus_examples.ift[0], corpus_examples.ift[2]]


@pytest.mark.parametrize("name", ["examples.parquet", "seal.json"])
def test_what_was_touched_is_rendered_again(study, corpus_examples, capsys, name):
    kept_examples({}, "examples", lambda: corpus_examples)
    (file,) = KEPT.glob(f"*/{name}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    asked = []
    kept_examples({}, "examples", lambda: asked.append(1) or corpus_examples)
    assert asked == [1]
    assert f"{name}: is not as it was written" in capsys.readouterr().err
    kept_examples({}, "examples", refuse)


def test_all_arms_and_seeds_of_a_student_read_what_the_first_rendered(rendered):
    params = make_params()
    for arm in ("ift", "reasoning", "mixed"):
        for seed in (0, 1):
            plan_cell(params, "tiny", arm, seed)
    assert rendered == ["general"]


def test_sizes_with_one_tokenizer_read_what_the_first_rendered(rendered, base_files):
    params = make_params()
    larger = Path("larger")
    shutil.copytree(base_files, larger)
    config = read_json(larger / "config.json")
    write_json(larger / "config.json", {**config, "max_position_embeddings": 1024})
    write_pointer("larger", BasePointer("folder", larger.as_posix(), digest_path(larger)))
    params.students["larger"] = params.students["tiny"]
    first, second = (plan_cell(params, student, "mixed", 0) for student in ("tiny", "larger"))
    assert rendered == ["general"]
    assert [*second.learnt_examples()] == [*first.learnt_examples()]


def test_a_cell_learns_the_same_from_what_is_kept(rendered):
    first, second = (plan_cell(make_params(), "tiny", "mixed", 0) for _ in range(2))
    assert rendered == ["general"]
    assert second.key == first.key
    assert [*second.learnt_examples()] == [*first.learnt_examples()]


@pytest.mark.parametrize(
    "changed",
    [
        {"max_length": 50},
        {"arms": {"other": {"reasoning_share": 1.0, "traces": "shuffled", "control": True}}},
    ],
)
def test_other_settings_are_rendered_anew(rendered, changed):
    plan_cell(make_params(), "tiny", "ift", 0)
    arm = "other" if "arms" in changed else "ift"
    plan_cell(make_params(**changed), "tiny", arm, 0)
    assert rendered == ["general"] * 2


def test_other_pairs_are_rendered_anew(rendered):
    plan_cell(make_params(), "tiny", "ift", 0)
    write_pairs(pairs_path("general"), worked_pairs()[1:])
    assert len(plan_cell(make_params(), "tiny", "ift", 0).corpora[0].examples.ids) == 29
    assert rendered == ["general"] * 2


def test_another_base_is_rendered_anew(rendered, base_files):
    plan_cell(make_params(), "tiny", "ift", 0)
    other = Path("other")
    shutil.copytree(base_files, other)
    with (other / "chat_template.jinja").open("a") as template:
        template.write("{# another one #}")
    write_pointer("tiny", BasePointer("folder", other.as_posix(), digest_path(other)))
    plan_cell(make_params(), "tiny", "ift", 0)
    assert rendered == ["general"] * 2


def test_pairs_that_change_while_they_are_read_are_not_kept(study, monkeypatch):
    read = arm_lessons.read_pairs

    def read_and_change(path):
        rows = read(path)
        write_pairs(path, rows[1:])
        return rows

    monkeypatch.setattr(arm_lessons, "read_pairs", read_and_change)
    with pytest.raises(InputError, match="has changed while it was read"):
        plan_cell(make_params(), "tiny", "ift", 0)
    assert not list(KEPT.glob("*/examples.parquet"))
