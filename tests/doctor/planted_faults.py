"""The faults that the doctor is asked to find, each with what is said of it and what mends it."""

import shutil
from dataclasses import replace
from pathlib import Path

from tests.doctor.planting import (
    CELL,
    Fault,
    a_pipe,
    conflict,
    edit_params,
    first_item,
    huge_scratch,
    huge_student,
    launched_on_devices,
    left,
    of_other_completions,
    of_other_pairs,
    set_aside,
    with_damaged_cache,
    without_an_answer,
    without_an_entry,
    without_cached,
    write,
    write_record,
)
from tests.faults.conftest import STUDENT
from tests.faults.damage import DAMAGES

from breakeven.core.files import read_json, write_json

EDIT = "edit params.yaml, then run breakeven check"
FAULTS: dict[str, Fault] = {
    "params are no YAML": Fault(
        lambda: Path("params.yaml").write_text("study: [tiny"), "params", "params.yaml: ", EDIT
    ),
    "params in conflict": Fault(lambda: conflict("params.yaml"), "params", "params.yaml: ", EDIT),
    "params with an unknown key": Fault(
        lambda: edit_params(lambda tree: tree["training"].update(epoch=2)),
        "params",
        "training.epoch",
        EDIT,
    ),
    "params with a base that is not here": Fault(
        lambda: edit_params(lambda tree: tree["students"][STUDENT]["base"].update(path="gone")),
        "params",
        f"params.yaml: students.{STUDENT}.base.path",
        EDIT,
    ),
    "a base without a weight file": Fault(
        lambda: Path("assets/tabletop/t30k/model.safetensors").unlink(),
        "params",
        f"params.yaml: students.{STUDENT}.base.path",
        EDIT,
    ),
    "a base that has changed": Fault(
        lambda: DAMAGES["edited"](Path("assets/tabletop/t30k/generation_config.json")),
        "outputs",
        f"records/base/{STUDENT}.json: was made from another assets/tabletop/t30k",
        f"dvc repro base@{STUDENT}",
    ),
    "made with another library": Fault(
        lambda: write_record("train", STUDENT, "ift", 0, versions={"torch": "1.0"}),
        "environment",
        f"made with 1.0 are records/train/{CELL}.json",
        "pip install torch==1.0",
    ),
    "made with another Python": Fault(
        lambda: write_record("tasks", "chain-open", versions={"python": "2.7.18"}),
        "environment",
        "made with 2.7.18 are records/tasks/chain-open.json",
        "make clean setup PYTHON=python2.7",
    ),
    "no room": Fault(huge_student, "disk", "what has not run yet needs", "dvc gc --workspace"),
    "more devices than there are": Fault(
        launched_on_devices, "devices", "params.yaml: training.launch", EDIT
    ),
    "scratch fills the disk": Fault(huge_scratch, "scratch", ".work: has", "rm -r -- .work"),
    "a torn lock": Fault(
        lambda: DAMAGES["cut"](Path("dvc.lock")),
        "dvc",
        "its writing was stopped",
        "breakeven check",
    ),
    "a torn list of files in use": Fault(
        lambda: write(".dvc/tmp/rwlock", '{"write": {"a'),
        "dvc",
        ".dvc/tmp/rwlock: cannot be read",
        "breakeven check",
    ),
    "a lock in conflict": Fault(
        lambda: conflict("dvc.lock"), "dvc", "git left it in conflict", "breakeven check"
    ),
    "no lock": Fault(
        lambda: Path("dvc.lock").unlink(), "dvc", "dvc.lock: is not here", "dvc commit --force"
    ),
    "no DVC": Fault(lambda: shutil.rmtree(".dvc"), "dvc", ".dvc: is not here", "dvc init"),
    "a file that the cache has lost": Fault(
        lambda: without_cached("data/tasks/chain-open.jsonl"),
        "dvc",
        "data/tasks/chain-open.jsonl: not whole in DVC's cache",
        "dvc commit tasks@chain-open",
    ),
    "a file of a folder that the cache has lost": Fault(
        lambda: without_cached(f"answers/{STUDENT}"),
        "dvc",
        f"answers/{STUDENT}: not whole in DVC's cache",
        f"dvc commit answer@{STUDENT}",
    ),
    "an output and its record are gone": Fault(
        lambda: [
            Path("data/tasks/chain-open.jsonl").unlink(),
            Path("records/tasks/chain-open.json").unlink(),
        ],
        "dvc",
        "data/tasks/chain-open.jsonl, records/tasks/chain-open.json: not here, and dvc.lock has it",
        "dvc repro tasks@chain-open",
    ),
    "content that the cache has damaged": Fault(
        lambda: with_damaged_cache("data/tasks/chain-open.jsonl"),
        "dvc",
        "data/tasks/chain-open.jsonl: not whole in DVC's cache",
        "rm -r -- CACHED && dvc commit tasks@chain-open",
    ),
    "a cell that the lock has nothing of": Fault(
        lambda: without_an_entry("score"),
        "dvc",
        "records/score.json: dvc.lock has nothing of it",
        "dvc repro score",
    ),
    "no pipeline": Fault(
        lambda: Path("dvc.yaml").unlink(),
        "dvc",
        "dvc.yaml: is not here",
        "git checkout HEAD -- dvc.yaml",
    ),
    "a pipeline in conflict": Fault(
        lambda: conflict("dvc.yaml"),
        "dvc",
        "dvc.yaml: cannot be read",
        "git checkout HEAD -- dvc.yaml",
    ),
    "a configuration of DVC that is none": Fault(
        lambda: write(".dvc/config", "[core\n"),
        "dvc",
        ".dvc/config: cannot be read",
        "git checkout HEAD -- .dvc/config",
    ),
    "a pipe in the place of a task": Fault(
        lambda: a_pipe("data/tasks/chain-open.jsonl"),
        "outputs",
        "data/tasks/chain-open.jsonl: not what its stage wrote",
        "rm -r -- data/tasks/chain-open.jsonl && dvc repro tasks@chain-open",
    ),
    "a temporary file in inputs": Fault(
        lambda: left("inputs/.prices.json.0123abcd.tmp"),
        "temporary",
        "inputs/.prices.json.0123abcd.tmp: was left by a kill",
        "rm -r -- inputs/.prices.json.0123abcd.tmp",
    ),
    "the record of another cell": Fault(
        lambda: shutil.copy(
            f"records/train/{CELL}.json", f"records/train/{STUDENT}/reasoning/0.json"
        ),
        "outputs",
        f"records/train/{STUDENT}/reasoning/0.json: is the record of another cell "
        f"(records/train/{CELL}.json)",
        f"dvc repro train@{STUDENT}-reasoning-0",
    ),
    "no cache at all": Fault(
        lambda: shutil.rmtree(".dvc/cache"),
        "dvc",
        "data/tasks/chain-open.jsonl, records/tasks/chain-open.json, data/tasks/",
        "dvc commit tasks prompts distill texts pairs@general lessons "
        f"base@{STUDENT} train answer@{STUDENT} score report",
    ),
    "a stage was run by hand": Fault(
        lambda: write_record("tasks", "chain-open", metrics={"items": 6.5}),
        "dvc",
        "records/tasks/chain-open.json: agrees with its record and not with dvc.lock",
        "dvc repro tasks@chain-open",
    ),
    "an edited pointer": Fault(
        lambda: DAMAGES["edited"](Path(f"models/base/{STUDENT}/pointer.json")),
        "dvc",
        f"models/base/{STUDENT}: not what dvc.lock has",
        f"dvc repro base@{STUDENT}",
    ),
    "a former student": Fault(
        lambda: shutil.copytree(f"models/students/{STUDENT}", "models/students/old"),
        "orphans",
        "student old is no longer in params.yaml",
        "rm -r -- models/students/old",
    ),
    "a former seed": Fault(
        lambda: shutil.copy(f"records/train/{CELL}.json", f"records/train/{STUDENT}/ift/7.json"),
        "orphans",
        "seed 7 is no longer in params.yaml",
        f"rm -r -- records/train/{STUDENT}/ift/7.json",
    ),
    "a former source": Fault(
        lambda: shutil.copytree("data/distilled/chain", "data/distilled/old name"),
        "orphans",
        "source old name is no longer in params.yaml",
        "rm -r -- 'data/distilled/old name'",
    ),
    "a temporary file": Fault(
        lambda: left("data/pairs/.general.parquet.0123abcd.tmp"),
        "temporary",
        "data/pairs/.general.parquet.0123abcd.tmp: was left by a kill",
        "rm -r -- data/pairs/.general.parquet.0123abcd.tmp",
    ),
    "a temporary file in scratch": Fault(
        lambda: left(".work/training/x/.state.0123abcd.tmp"),
        "temporary",
        ".work/training/x/.state.0123abcd.tmp: was left by a kill",
        "rm -r -- .work/training/x/.state.0123abcd.tmp",
    ),
    "a folder on its way to be replaced": Fault(
        lambda: set_aside(f"models/students/{CELL}"),
        "temporary",
        f"is models/students/{CELL}, which a kill left",
        f"mv -- models/students/{STUDENT}/ift/.0.old models/students/{CELL}",
    ),
    "a flipped bit in an adapter": Fault(
        lambda: DAMAGES["flipped"](Path(f"models/students/{CELL}/adapter_model.safetensors")),
        "outputs",
        f"models/students/{CELL}: not what its stage wrote",
        f"dvc repro train@{STUDENT}-ift-0",
    ),
    "an edited answer": Fault(
        lambda: DAMAGES["edited"](Path(f"answers/{CELL}/greedy/chain-open.jsonl")),
        "outputs",
        f"answers/{STUDENT}: not what its stage wrote",
        f"dvc repro answer@{STUDENT}",
    ),
    "garbage for pairs": Fault(
        lambda: DAMAGES["garbage"](Path("data/pairs/general.parquet")),
        "outputs",
        "data/pairs/general.parquet: not what its stage wrote",
        "dvc repro pairs@general",
    ),
    "an edited page": Fault(
        lambda: DAMAGES["edited"](Path("report/index.html")),
        "outputs",
        "report/index.html: not what its stage wrote",
        "dvc repro report",
    ),
    "scores that are gone": Fault(
        lambda: Path("scores/items.parquet").unlink(),
        "outputs",
        "scores/items.parquet: not there, and its record is",
        "dvc repro score",
    ),
    "a record that is gone": Fault(
        lambda: Path("records/pairs/general.json").unlink(),
        "outputs",
        "data/pairs/general.parquet: has no record (records/pairs/general.json)",
        "dvc repro pairs@general",
    ),
    "a record that was edited": Fault(
        lambda: write_json(
            Path("records/score.json"), read_json(Path("records/score.json")) | {"metrics": {}}
        ),
        "outputs",
        "records/score.json: is not what the stage wrote",
        "dvc repro score",
    ),
    "a record that is no JSON": Fault(
        lambda: DAMAGES["cut"](Path(f"records/train/{CELL}.json")),
        "outputs",
        f"records/train/{CELL}.json: not valid JSON",
        f"dvc repro train@{STUDENT}-ift-0",
    ),
    "what was made from other prompts": Fault(
        lambda: write_record(
            "distill", "chain", "ift", inputs={"data/prompts/chain.jsonl": "0" * 64}
        ),
        "outputs",
        "records/distill/chain/ift.json: was made from another data/prompts/chain.jsonl",
        "dvc repro distill@chain-ift",
    ),
    "the content of a test item in the pairs": Fault(
        lambda: of_other_pairs(
            lambda pairs: [*pairs[1:], replace(pairs[0], content=first_item()["content"])]
        ),
        "overlap",
        "same content as a test item",
        "dvc repro pairs@general",
    ),
    "the prompt of a test item in the pairs": Fault(
        lambda: of_other_pairs(
            lambda pairs: [*pairs[1:], replace(pairs[0], prompt=first_item()["prompt"].upper())]
        ),
        "overlap",
        "same prompt as a test item",
        "dvc repro pairs@general",
    ),
    "a prompt that one style did not answer": Fault(
        lambda: of_other_completions(lambda rows: rows[1:]),
        "balance",
        "data/distilled/chain/reasoning.jsonl: no completion of chain-000000",
        "dvc repro distill@chain-reasoning",
    ),
    "a prompt that one style answered twice": Fault(
        lambda: of_other_completions(lambda rows: [*rows, rows[0]]),
        "balance",
        "data/distilled/chain/reasoning.jsonl: a completion too many of chain-000000",
        "dvc repro distill@chain-reasoning",
    ),
    "a pair without a trace": Fault(
        lambda: of_other_pairs(lambda pairs: [replace(pairs[0], reasoning="6"), *pairs[1:]]),
        "balance",
        "data/pairs/general.parquet: no trace and answer in ",
        "dvc repro pairs@general",
    ),
    "a question that one arm was not asked": Fault(
        without_an_answer,
        "balance",
        f"scores/items.parquet: answers of {CELL}: 5 of 6 to chain-open in greedy",
        "dvc repro score",
    ),
}
