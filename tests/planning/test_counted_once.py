"""Texts are counted once by each tokenizer, and students that read the same tokens share it."""

import json
import shutil
from pathlib import Path

import pytest

from breakeven.models.loading import load_tokenizer
from breakeven.planning import lengths
from breakeven.planning.lengths import TokenCounter
from breakeven.planning.student_shapes import shared_counters
from breakeven.rendering import Lesson, render_examples

ASSETS = Path(__file__).resolve().parents[2] / "assets/tabletop"
LESSONS = [
    Lesson("start at 4, add 3", None, "7"),
    Lesson("start at 4, add 3", "4 + 3 = 7", "7"),
    Lesson("start at 4, add 3", None, "7"),
]


def test_a_count_is_that_of_rendering_whatever_was_counted_before() -> None:
    tokenizer = load_tokenizer(ASSETS / "t30k")
    counter = TokenCounter(tokenizer)
    counter.count(LESSONS[1:2])
    prompt, completion = counter.count(LESSONS)
    rendered = render_examples(tokenizer, LESSONS)
    assert prompt.tolist() == [one.labels_start for one in rendered]
    assert completion.tolist() == [len(one.input_ids) - one.labels_start for one in rendered]


def test_a_text_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Lesson] = []

    def watched(tokenizer, texts):
        asked.extend(texts)
        return render_examples(tokenizer, texts)

    monkeypatch.setattr(lengths, "render_examples", watched)
    counter = TokenCounter(load_tokenizer(ASSETS / "t30k"))
    counter.count(LESSONS)
    counter.count(LESSONS)
    assert asked == LESSONS[:2]


def test_folders_share_a_counter_only_where_they_read_the_same_tokens(tmp_path: Path) -> None:
    counters = shared_counters()
    assert counters(ASSETS / "t30k") is counters(ASSETS / "t500k")
    other = tmp_path / "other"
    shutil.copytree(ASSETS / "t30k", other)
    template = other / "chat_template.jinja"
    template.write_text("{{ '<|im_start|>' }}" + template.read_text())
    assert counters(other) is not counters(ASSETS / "t30k")
    config = json.loads((ASSETS / "t30k/config.json").read_text())
    assert (
        config["hidden_size"]
        != json.loads((ASSETS / "t500k/config.json").read_text())["hidden_size"]
    ), "weights and shapes differ, and say nothing of tokens"
