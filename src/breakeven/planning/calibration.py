"""Measures a device on a small study of the same kind: real stages on a tenth of the work.

The small study has the students, settings and engine of params.yaml, one arm of each style, some
hundred prompts and one task a family with a full batch of items. Its records give the FLOPs a
second of each student and stage. It lies in `.work/calibration/` by all that decides its speed, so
that it is run once; an interrupted one goes on. Answers of the bases are timed beside it, to fit
what the device reaches when it serves them.
"""

import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from breakeven.core.errors import MachineError
from breakeven.core.files import read_json, write_json, write_text
from breakeven.core.progress import Progress
from breakeven.core.records import versions
from breakeven.core.scratch import scratch_folder
from breakeven.costs.architecture import Architecture
from breakeven.costs.ceiling import products_by
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.costs.model_shapes import known_architecture
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import first_decoding
from breakeven.planning.rates import Calibration, RateKey

# A tenth of the tabletop's pairs, shared out over its sources, each of which keeps a few.
_PROMPTS = 450
_FEWEST_PROMPTS = 8
# What the project's root holds that the small study must have of its own.
_NOT_LINKED = {
    *("data", "models", "answers", "scores", "report", "records", "mlruns", "params.yaml"),
    *(".work", ".dvc", ".git"),
}


def known_calibration(params: Params) -> Calibration:
    """What an earlier calibration of this study on this device measured; empty without one."""
    file = _folder(params) / "rates.json"
    rows = read_json(file) if file.is_file() else []
    return {
        (str(student), str(stage), str(style)): float(rate) for student, stage, style, rate in rows
    }


def calibrate(params: Params) -> Calibration:
    """FLOPs a second by student, stage and style, measured here unless they are known already.

    Raises:
        MachineError: a stage of the small study failed; its own message stands above.
    """
    folder = _folder(params)
    if not (folder / "rates.json").is_file():
        root, small = folder / "study", small_study(params)
        _lay_project(root, small)
        _run_stages(root, small)
        rows = [[*key, rate] for key, rate in _rates(root, small).items()]
        write_json(folder / "rates.json", rows)
    # The project's own decoder is what is timed: it says nothing of a server.
    if params.answering.engine == "transformers" and not serving_file(params).is_file():
        _measure_serving(params, folder / "study")
    return known_calibration(params)


def serving_file(params: Params) -> Path:
    """Where a calibration keeps what this device reaches when it serves answers."""
    return _folder(params) / "serving.json"


def _measure_serving(params: Params, root: Path) -> None:
    """Fit this device to answers of the students' bases, in this process.

    Of bases without a known shape nothing is predicted; where there is no other, nothing is fitted.
    """
    import torch

    from breakeven.models.pointer import read_pointer
    from breakeven.planning.serving_here import measure_serving

    # Pointers are of the small study, which has the bases in its own folder or in the hub's cache.
    with chdir(root):
        folders = [Path(read_pointer(name).path).resolve() for name in params.students]
    known = [one for one in folders if isinstance(known_architecture(one), Architecture)]
    where, threads = "cuda" if torch.cuda.is_available() else "cpu", params.answering.threads
    if known:
        measure_serving(
            list(dict.fromkeys(known)),
            serving_file(params),
            device=where,
            dtype=chosen_dtype(params.answering.dtype, best_dtype(where)),
            threads=torch.get_num_threads() if threads is None else threads,
        )


def small_study(params: Params) -> Params:
    """The study cut down to what tells how fast it runs."""
    tree = params.model_dump(mode="json")
    total = sum(getattr(source, "prompts", None) or _PROMPTS for source in params.sources.values())
    for name, source in params.sources.items():
        wanted = getattr(source, "prompts", None) or _PROMPTS
        share = max(_FEWEST_PROMPTS, round(wanted * _PROMPTS / total))
        tree["sources"][name]["prompts"] = min(wanted, share)
    first: dict[str, str] = {}
    # Sorted: a control stands for its style only where no other arm has it.
    for name, arm in sorted(params.arms.items(), key=lambda one: one[1].control):
        first.setdefault(arm.taught_style, name)
    tree["arms"] = {name: row for name, row in tree["arms"].items() if name in first.values()}
    for arm in tree["arms"].values():
        # A budget trains for as long in the small study as in the whole one.
        arm["budget"] = None
        # Every student needs a rate in each style.
        arm["students"] = None
    tree["tasks"] = {name: tree["tasks"][name] for name in _one_task_a_family(params)}
    for row in tree["tasks"].values():
        # A full batch: the rate depends on how many answers are decoded side by side.
        row["items"] = min(row.get("items") or params.answering.batch_size, _items(params))
    # The first decoding asks every arm, and a token takes as long in the others.
    name = first_decoding(params)
    answering = tree["answering"]
    answering["decodings"] = {name: answering["decodings"][name]}
    own = {task: row for task, row in (answering["by_task"] or {}).items() if task in tree["tasks"]}
    answering["by_task"] = own or None
    tree["seeds"] = [params.seeds[0]]
    tree["training"]["epochs"] = 1
    return Params.model_validate(tree)


def _items(params: Params) -> int:
    return min(params.answering.batch_size, 400)


def _one_task_a_family(params: Params) -> list[str]:
    from breakeven.planning.expected_texts import family_of

    return list({family_of(name, task): name for name, task in params.tasks.items()}.values())


def _folder(params: Params) -> Path:
    """The scratch of a calibration: by what the study runs, the device, and the code's versions."""
    import torch

    where = "cuda" if torch.cuda.is_available() else "cpu"
    small = small_study(params)
    threads = params.answering.threads or torch.get_num_threads()
    key = {
        # What was timed with one library's products tells nothing of another's.
        "products": products_by(where, best_dtype(where), threads),
        # Not in the key: what a study is called, shown as and priced at changes no speed.
        "study": small.model_dump(mode="json", exclude={"study", "report", "costs"}),
        "device": describe_device(where).name,
        "versions": versions(),
    }
    return scratch_folder("calibration", key)


def _lay_project(root: Path, small: Params) -> None:
    """A project of its own: params.yaml, and links to what it only reads."""
    root.mkdir(parents=True, exist_ok=True)
    for entry in Path.cwd().iterdir():
        link = root / entry.name
        if entry.name not in _NOT_LINKED and not link.exists():
            link.symlink_to(entry, target_is_directory=entry.is_dir())
    # JSON is YAML 1.2; another writer of YAML leaves a name like 1e6 without its quotes.
    write_text(root / "params.yaml", json.dumps(small.model_dump(mode="json"), indent=1))


def _run_stages(root: Path, small: Params) -> None:
    """Every stage up to the answers, as the pipeline runs them."""
    stages = list(_cells_to_run(small))
    with Progress("calibrate", total=len(stages)) as progress:
        for stage, arguments, record in stages:
            # A stage writes its record last: where there is one, an interrupted run goes on behind
            # it.
            if not (root / "records" / record).is_file():
                _run_stage(root, stage, arguments)
            progress.advance(" ".join([stage, *arguments[1::2]]))


def _run_stage(root: Path, stage: str, arguments: list[str]) -> None:
    command = [sys.executable, f"stages/{stage}.py", *arguments]
    # What a stage prints is about files that nobody will look at; its errors are let through.
    ended = subprocess.run(  # noqa: S603 - our own stages
        command, cwd=root, stdout=subprocess.DEVNULL, check=False
    )
    if ended.returncode:
        raise MachineError(
            f"calibration: {stage} {' '.join(arguments)} failed with exit code {ended.returncode}; "
            f"its message stands above, its files are in {root}"
        )


def _cells_to_run(small: Params) -> list[tuple[str, list[str], str]]:
    """Stage, arguments and record of every cell of the small study."""
    found: list[tuple[str, list[str], str]] = []
    found += [("tasks", ["--task", name], f"tasks/{name}.json") for name in small.tasks]
    found += [("prompts", ["--source", name], f"prompts/{name}.json") for name in small.sources]
    for name in small.sources:
        for style in COMPLETION_STYLES:
            arguments = ["--source", name, "--style", style]
            found.append(("distill", arguments, f"distill/{name}/{style}.json"))
    found += [("pairs", ["--corpus", name], f"pairs/{name}.json") for name in small.corpora]
    found += [("base", ["--student", name], f"base/{name}.json") for name in small.students]
    seed = str(small.seeds[0])
    for student in small.students:
        for arm in small.arms:
            arguments = ["--student", student, "--arm", arm, "--seed", seed]
            found.append(("train", arguments, f"train/{student}/{arm}/{seed}.json"))
        found.append(("answer", ["--student", student], f"answer/{student}.json"))
    return found


def _rates(root: Path, small: Params) -> dict[RateKey, float]:
    """FLOPs over device-seconds of each student, stage and style."""
    work: dict[RateKey, tuple[float, float]] = {}
    seed = small.seeds[0]
    for student in small.students:
        answers = read_json(root / f"records/answer/{student}.json")["details"]["cells"]
        for arm, row in small.arms.items():
            own = [one for one in answers if one["arm"] == arm]
            flops = [one["inference_flops"] for one in own]
            # Without a known architecture there are no FLOPs to make a rate of; the share stands
            # in.
            if None not in flops:
                seconds = sum(one["device_seconds"] for one in own)
                work[student, "answer", row.taught_style] = (sum(flops), seconds)
            if row.trained:
                record = read_json(root / f"records/train/{student}/{arm}/{seed}.json")
                seconds = sum(record["device_seconds"].values())
                if record["flops"]["train"] is not None:
                    work[student, "train", row.taught_style] = (record["flops"]["train"], seconds)
    return {key: flops / seconds for key, (flops, seconds) in work.items() if flops and seconds}
