"""What a person edits runs exactly the cells that read it, in a real DVC repository.

The tests share one study and build on one another, in the order in which they stand here.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import ROOT, SCRATCH_SIZE, TINY, Study, make_finished_study
from tests.serving.endpoint import KEY, Reaction, completion, endpoint

from breakeven.core.files import digest_path

pytestmark = pytest.mark.study

STYLES = {
    "ift": {"trace": "none", "max_new_tokens": 64},
    "reasoning": {"trace": "think-tags", "max_new_tokens": 64, "system": "Think first."},
}
HARNESS = """\
task: made_up_sums
dataset_path: json
dataset_kwargs: {data_files: {test: harness/sums.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
"""
OTHER_HARNESS = HARNESS.replace("made_up_sums", "made_up_others").replace("sums.", "others.")
ARMS = {
    "base": {"method": "none"},
    "ift": {"corpus": "general", "reasoning_share": 0.0},
}
TRAINED = {"train@t30k-ift-0", "train@own-ift-0"}
UNTRAINED = {"train@t30k-base-0", "train@own-base-0"}
# A corpus is kept apart from every task, whose items are among the texts that it reads.
AFTER_A_TASK = {"texts", "pairs@general"}
FROM_PROMPTS = {"prompts@words", "distill@words-ift", "distill@words-reasoning", "texts"}


def answered(body: dict[str, Any], _number: int) -> Reaction:
    """A right answer to every prompt, with a trace where the system asks for one."""
    thinks = body["messages"][0]["role"] == "system"
    return completion(body, content="<think>\nit is 4\n</think>\n4" if thinks else "4")


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, preloaded: Path) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("edits") / "study"
    with endpoint(answered) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("HF_HOME", str(folder.parent / "hub"))
        shutil.copytree(ROOT / "assets/tabletop/t30k", folder / "bases/own")
        shutil.copytree(ROOT / "profiles/accelerate", folder / "accelerate")
        write_rows(folder / "words.jsonl", [{"prompt": f"say {n}"} for n in range(12)])
        for name in ("sums", "others"):
            rows = [{"question": f"What is {n} + 2?", "answer": f"{n + 2}"} for n in range(3)]
            write_rows(folder / f"harness/{name}.jsonl", rows)
        (folder / "harness/sums.yaml").write_text(HARNESS)
        (folder / "harness/others.yaml").write_text(OTHER_HARNESS)
        write_rows(folder / "mine.jsonl", [{"question": "1 + 1?", "reference": "2"}] * 3)
        yield make_finished_study(folder, params_for(server.url), preloaded)
    shutil.rmtree(folder, ignore_errors=True)


def params_for(url: str) -> dict[str, Any]:
    harness = {"kind": "lm-eval", "family": "math-open", "include": "harness"}
    return {
        **TINY,
        "sources": {"words": {"kind": "jsonl", "path": "words.jsonl"}},
        "teacher": {"kind": "openai", "model": "teacher", "base_urls": [url], "styles": STYLES},
        "corpora": {"general": {"sources": ["words"]}},
        "students": {**TINY["students"], "own": {"base": {"kind": "folder", "path": "bases/own"}}},
        "arms": ARMS,
        "tasks": {
            "mine": {"kind": "jsonl", "path": "mine.jsonl", "family": "math-open"},
            "sums": {**harness, "task": "made_up_sums"},
            "others": {**harness, "task": "made_up_others"},
        },
    }


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    text = file.read_text()
    assert change(text) != text
    file.write_text(change(text))


def due(study: Study) -> dict[str, list[str]]:
    """What `breakeven status` says is due, with the reasons."""
    found = json.loads(study.run("breakeven", "status", "--json").stdout)
    return {one["cell"]: one["why"] for one in found["due"]}


def test_of_a_finished_study_nothing_is_due(study: Study) -> None:
    assert finished(study)
    (study.folder / "data/pairs/.general.parquet.0123abcd.tmp").write_text("left by a kill")
    (study.folder / "report/.figures.0123abcd.tmp").mkdir()
    assert study.repro() == {"track"}
    assert due(study) == {}


@pytest.mark.parametrize(
    ("file", "change", "ran"),
    [
        ("mine.jsonl", lambda text: text.replace("1 + 1", "one and one"), {"tasks@mine"}),
        ("harness/sums.yaml", lambda text: text.replace('"{{q', '"Say: {{q'), {"tasks@sums"}),
        ("harness/sums.jsonl", lambda text: text.replace("What", "Tell what"), {"tasks@sums"}),
    ],
)
def test_an_edited_task_trains_nothing_and_is_answered_again(
    study: Study, file: str, change: Callable[[str], str], ran: set[str]
) -> None:
    rewrite(study.folder / file, change)
    found = due(study)
    assert found[next(iter(ran))] == [f"{file} is changed"]
    assert not [cell for cell in found if cell.startswith(("train", "base", "distill"))]
    assert study.repro("train") == ran | AFTER_A_TASK
    assert set(due(study)) >= {"answer@t30k", "answer@own"}


def test_an_edited_source_trains_the_arms_that_learn_it(study: Study) -> None:
    rewrite(study.folder / "words.jsonl", lambda text: text.replace("say", "tell"))
    assert study.repro("train") == FROM_PROMPTS | {"pairs@general", "lessons"} | TRAINED


def test_an_edited_base_trains_its_own_student(study: Study) -> None:
    from safetensors.torch import load_file, save_file

    weights = next((study.folder / "bases/own").glob("*.safetensors"))
    tensors = load_file(weights)
    name = next(iter(tensors))
    save_file({**tensors, name: tensors[name] * 1.01}, weights, metadata={"format": "pt"})
    assert study.repro("train") == {"base@own", "texts", "train@own-base-0", "train@own-ift-0"}


def test_a_source_or_corpus_that_nobody_uses_trains_nothing(study: Study) -> None:
    params = study.params()
    params["sources"]["spare"] = {"kind": "jsonl", "path": "words.jsonl", "prompts": 3}
    params["corpora"]["spare"] = {"sources": ["spare"]}
    study.write_params(params)
    assert study.repro("train") == {
        "prompts@spare",
        "distill@spare-ift",
        "distill@spare-reasoning",
        "texts",
        "pairs@spare",
        "lessons",
    }


def test_another_rate_for_one_style_is_all_that_is_due(study: Study) -> None:
    params = study.params()
    params["students"]["own"]["learning_rates"] = {"ift": 1e-3, "reasoning": 2e-3}
    study.write_params(params)
    found = due(study)
    assert [cell for cell in found if cell.startswith("train")] == ["train@own-ift-0"]
    assert found["train@own-ift-0"] == ["learning_rate: 0.003 -> 0.001"]
    del params["students"]["own"]["learning_rates"]
    study.write_params(params)


def test_an_edited_launch_file_is_seen_and_trains_no_step_anew(study: Study) -> None:
    params = study.params()
    params["training"]["launch"] = "accelerate/cpu-2.yaml"
    study.write_params(params)
    weights = {file: file.stat().st_mtime_ns for file in finished(study)}
    assert study.repro("train") == TRAINED
    rewrite(study.folder / "accelerate/cpu-2.yaml", lambda text: text + "# said better\n")
    assert study.repro("train") == TRAINED
    assert {file: file.stat().st_mtime_ns for file in finished(study)} == weights


def finished(study: Study) -> list[Path]:
    return sorted((study.folder / ".work/training").rglob("finished/result.json"))


@pytest.mark.parametrize(
    ("change", "ran"),
    [
        (lambda text: text.replace('"""', '"""Well: ', 1) + "\n# a comment\n", set()),
        (lambda text: text + "\n\nEDITED = 1\n", TRAINED | UNTRAINED),
    ],
)
def test_documentation_trains_nothing_and_code_does(
    study: Study, change: Callable[[str], str], ran: set[str]
) -> None:
    rewrite(study.folder / "src/breakeven/train/losses.py", change)
    before = len(finished(study))
    assert study.repro("train") == ran
    assert len(finished(study)) == before + len(ran & TRAINED)


def test_an_edited_figure_draws_the_report_again_and_no_more(study: Study) -> None:
    assert {"answer@t30k", "answer@own", "score", "report"} <= study.repro()
    figure = study.folder / "src/breakeven/report/figures/frontier.py"
    rewrite(figure, lambda text: text + "\n\nEDITED = 1\n")
    assert due(study) == {"report": ["src/breakeven/report/figures/frontier.py is changed"]}
    assert study.repro() == {"report", "track"}


def test_edited_decoding_answers_anew_what_scratch_holds(study: Study) -> None:
    before = digest_path(study.folder / "answers/t30k")
    likeliest, second = ".argmax(dim=-1)", ".topk(2, dim=-1).indices[:, 1]"
    rewrite(
        study.folder / "src/breakeven/decoding/sampling.py",
        lambda text: text.replace(likeliest, second),
    )
    study.repro("answer@t30k")
    assert digest_path(study.folder / "answers/t30k") != before


def test_a_new_size_is_listed_before_its_base_exists(study: Study) -> None:
    params = study.params()
    params["students"]["t5k"] = SCRATCH_SIZE
    study.write_params(params)
    found = due(study)
    new = {"base@t5k", "train@t5k-base-0", "train@t5k-ift-0", "answer@t5k"}
    assert new <= found.keys()
    assert all(found[cell] == ["new"] for cell in new)
    assert not {cell for cell in found if "t30k" in cell}
    assert len(study.run("breakeven", "status").stdout.splitlines()) <= 10


def test_edited_pretraining_trains_anew_what_scratch_holds(study: Study) -> None:
    study.repro("base@t5k")
    before = digest_path(study.folder / "models/base/t5k/weights")
    rewrite(
        study.folder / "src/breakeven/base/pretraining.py",
        lambda text: text.replace("learning_rate * share", "learning_rate * 0.1 * share"),
    )
    assert "base@t5k" in study.repro("base")
    assert digest_path(study.folder / "models/base/t5k/weights") != before


def test_a_stage_does_not_run_on_what_dvc_was_not_told_of(study: Study) -> None:
    study.run("python", "stages/inputs.py")
    rewrite(study.folder / "mine.jsonl", lambda text: text.replace("one and one", "1 and 1"))
    refused = study.run("dvc", "repro", "--single-item", "tasks@mine", "--force", check=False)
    assert refused.returncode != 0
    assert "mine.jsonl: has changed since this run began" in refused.stdout + refused.stderr
    assert "tasks@mine" in study.repro("tasks")
