"""Questions for two whole commands: a project of ours, and a task of lm-evaluation-harness."""

import json
import os
from pathlib import Path

import yaml

from breakeven.core.files import digest_path, write_json, write_rows
from breakeven.core.layout import student_folder, task_path
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import load_params
from breakeven.tasks.task_items import load_items

ITEMS, LIMIT, TASK, STUDENT = 400, 128, "chain-open", "student"


def lay_questions(folder: Path, base: Path) -> None:
    """Lay both in `folder`, with a link to `base`: an untrained student, one task, greedy."""
    tree = load_params(Path("profiles/tabletop.yaml")).model_dump(mode="json", exclude_none=True)
    tree["students"] = {
        STUDENT: {"base": {"kind": "folder", "path": "base"}, "learning_rates": {"reasoning": 1e-3}}
    }
    tree["arms"] = {"base": {"method": "none", "shots": 0}}
    tree["tasks"] = {TASK: {**tree["tasks"][TASK], "items": ITEMS}}
    tree["seeds"] = [0]
    tree["answering"] |= {"max_new_tokens": LIMIT, "batch_size": ITEMS}
    before = Path.cwd()
    os.chdir(folder)
    try:
        Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
        Path("base").symlink_to(base.resolve())
        items = load_items(TASK, load_params().tasks[TASK])
        write_rows(task_path(TASK), items)
        write_pointer(STUDENT, BasePointer("folder", "base", digest_path(Path("base"))))
        write_json(student_folder(STUDENT, "base", 0) / "untrained.json", {})
        rows = [{"prompt": one.prompt, "reference": one.reference} for one in items]
        Path("questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        Path("questions.yaml").write_text(yaml.safe_dump(_harness_task(), sort_keys=False))
    finally:
        os.chdir(before)


def _harness_task() -> dict[str, object]:
    return {
        "task": "questions",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "questions.jsonl"}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{reference}}",
        "generation_kwargs": {"until": [], "max_gen_toks": LIMIT, "do_sample": False},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
