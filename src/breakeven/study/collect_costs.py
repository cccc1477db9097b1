"""What cells and the teacher took, from the records of `train`, `answer`, `distill` and `pairs`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from breakeven.core.known_numbers import known_mean, known_sum
from breakeven.core.layout import record_path
from breakeven.core.records import Record, read_record
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, Cost, absent_cost
from breakeven.costs.shared_energy import joules_of_seconds
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import Cell, first_decoding
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.from_items import CellCosts
from breakeven.score.judging.judge_costs import cost_from_json
from breakeven.study.collect_tuning import Trials, tuning_cost
from breakeven.study.summary import DeviceUtilisation

NO_ENERGY = "energy was not metered"
UNCOUNTED = "the number of pairs that the arm used is not recorded"


def record_of(stage: str, *cell: str | int) -> Record | None:
    """The record of a cell, None where the stage has not run."""
    return read_record(stage, *cell) if record_path(stage, *cell).is_file() else None


def tokens(records: list[Record], kind: str) -> int | None:
    """Tokens of one kind over several records; None where one of them does not know."""
    return known_sum(record.tokens.get(kind) for record in records)


def _new_tokens(records: list[Record]) -> int | None:
    """Tokens that the teacher wrote, whether or not trace and answer were counted apart."""
    whole = tokens(records, "completion")
    if whole is not None:
        return whole
    thinking, answer = tokens(records, "thinking"), tokens(records, "answer")
    return None if thinking is None or answer is None else thinking + answer


def cell_costs(
    params: Params,
    key: Cell,
    training: Record | None,
    answering: Mapping[str, Record | None],
) -> CellCosts:
    """Costs that the item rows do not hold: training, seconds and joules of the first decoding."""
    first = first_decoding(params)
    answers = answering[key[0]]
    seconds, joules = _answer_seconds(answers, key, first), _answer_joules(answers, key, first)
    if training is None:
        return CellCosts(answer_device_seconds=seconds, answer_energy_joules=joules)
    trained = params.arms[key[1]].trained
    return CellCosts(
        train_flops=training.flops.get("train"),
        # An untrained arm took no training: a measured zero, not an absent number.
        train_tokens=training.tokens.get("trained") if trained else 0.0,
        train_device_seconds=_device_seconds(training) if trained else 0.0,
        answer_device_seconds=seconds,
        train_steps=training.metrics.get("steps") if trained else 0.0,
        train_energy_joules=training.metrics.get("energy_joules") if trained else 0.0,
        answer_energy_joules=joules,
    )


def with_meters_of_decodings(
    results: Results, params: Params, answering: Mapping[str, Record | None]
) -> Results:
    """The results with each decoding's own seconds and joules; `cell_costs` has the first's."""
    first = first_decoding(params)
    assert results.items is not None  # measured results hold their items
    by_family = results.items.groupby("family", observed=True)["task"].unique()
    tasks = {str(family): [str(task) for task in found] for family, found in by_family.items()}

    def own(cell: CellResult) -> CellResult:
        key = Cell(cell.student, cell.arm, cell.seed)
        record, own_tasks = answering[cell.student], tasks[cell.family]
        seconds = _answer_seconds(record, key, cell.decoding)
        joules = _answer_joules(record, key, cell.decoding)
        # The mean over tasks, as a family's accuracy is: no task weighs more for its items.
        return replace(
            cell,
            device_seconds=known_mean(map(seconds.get, own_tasks)),
            energy_joules=known_mean(map(joules.get, own_tasks)),
        )

    cells = (cell if cell.decoding == first else own(cell) for cell in results.cells)
    return replace(results, cells=tuple(cells))


def _answer_seconds(record: Record | None, key: Cell, decoding: str) -> dict[str, float]:
    """Device-seconds of one answer by task."""
    return {
        str(row["task"]): row["device_seconds"] / row["answers"]
        for row in _answer_rows(record, key)
        if row["decoding"] == decoding
        and row.get("device_seconds") is not None
        and row.get("answers")
    }


def _answer_joules(record: Record | None, key: Cell, decoding: str) -> dict[str, float]:
    """Joules of one answer by task: what the student's answers drew, by share of seconds."""
    if record is None:
        return {}
    whole = record.metrics.get("energy_joules")
    return {
        task: joules
        for task, seconds in _answer_seconds(record, key, decoding).items()
        if (joules := joules_of_seconds(whole, seconds, record.device_seconds)) is not None
    }


def _device_seconds(record: Record) -> float | None:
    """Device-seconds of a record that holds some."""
    return sum(record.device_seconds.values()) if record.device_seconds else None


def _answer_rows(record: Record | None, key: Cell) -> list[dict[str, Any]]:
    """Lines of a student's answer record that belong to one arm and seed."""
    if record is None:
        return []
    rows = record.details.get("cells", [])
    return [row for row in rows if (row["arm"], row["seed"]) == key[1:]]


def cell_bill(
    params: Params,
    key: Cell,
    training: Record | None,
    answering: Record | None,
    trials: Trials | None = None,
) -> Bill | None:
    """What one cell took; None where neither of its stages has a record.

    `trials` are those of `breakeven tune`, None where there are none.
    """
    rows = _answer_rows(answering, key)
    if training is None and not rows:
        return None
    trained = params.arms[key[1]].trained
    return Bill(
        teacher=_arm_teacher_cost(params, key[1], training) if trained else NO_COST,
        training=_training_cost(training) if trained else NO_COST,
        answering=_answering_cost(answering, rows),
        judging=_judging_cost(params, key),
        answers=sum(int(row["answers"]) for row in rows),
        tuning=tuning_cost(trials, key.student, key.arm) if trained else NO_COST,
    )


def utilisation_of(
    params: Params, key: Cell, training: Record | None, answering: Record | None
) -> DeviceUtilisation:
    """The shares of the device's rate that a cell reached, answers in the first decoding."""
    first = first_decoding(params)
    # Of one decoding: another may answer in other batches, and one share is shown.
    rows = [row for row in _answer_rows(answering, key) if row["decoding"] == first]
    rate = answering.details.get("ceiling", {}).get("flops_per_second") if answering else None
    seconds, flops = (_row_sum(rows, name) for name in ("device_seconds", "inference_flops"))
    possible = None if seconds is None or rate is None else seconds * rate
    return DeviceUtilisation(
        training.metrics.get("utilisation") if training else None,
        flops / possible if flops is not None and possible else None,
    )


def _row_sum(rows: list[dict[str, Any]], name: str) -> float | None:
    """The sum over lines of an answer record; None where one of them does not know."""
    return known_sum(None if (value := row.get(name)) is None else float(value) for row in rows)


def _arm_teacher_cost(params: Params, arm: str, training: Record | None) -> Cost:
    """The completions of the pairs that an arm used, over all corpora that it learns from."""
    if training is None:
        return absent_cost(UNCOUNTED)
    # A record of one corpus tells the pairs alone; of two in turn, each with its own.
    once = {"corpus": params.arms[arm].corpus, "pairs": training.metrics.get("pairs")}
    parts = training.details.get("corpora") or [once]
    costs = [_corpus_teacher_cost(params, arm, part["corpus"], part["pairs"]) for part in parts]
    return sum(costs[1:], costs[0])


def _corpus_teacher_cost(params: Params, arm: str, name: str, pairs: float | None) -> Cost:
    """The completions of as many pairs of a corpus as the arm used, at their mean length.

    The teacher is metered by source and style: its seconds, FLOPs and joules of a part are the
    part's share of the tokens that it wrote in that style, so that parts add up to the whole.
    """
    corpus = record_of("pairs", name)
    kept = corpus.metrics.get("kept") if corpus else None
    if corpus is None or pairs is None or kept is None:
        return absent_cost(UNCOUNTED)
    # Fewer pairs than were kept: those too long for the student are left out in both styles.
    share, scale = params.arms[arm].reasoning_share or 0.0, pairs / kept if kept else 0.0
    written = {style: corpus.tokens.get(style) for style in COMPLETION_STYLES}
    read = corpus.tokens.get("prompt")
    if read is None or None in written.values():
        return absent_cost("the teacher's tokens are not recorded")
    # Which prompts have their trace is drawn, so that each style is taken at its mean length.
    parts = {"ift": scale * (1 - share), "reasoning": scale * share}
    new = {style: parts[style] * (written[style] or 0) for style in COMPLETION_STYLES}
    costs = [_part_cost(params, name, style, new[style]) for style in new if parts[style]]
    whole = sum(costs, NO_COST)
    # Tokens are those of the pairs; of the sources come others too, that were dropped. As many of
    # them had been read before as of all prompts.
    cached = whole.cached_tokens
    if whole.read_tokens.value:
        cached = cached.times(scale * read / whole.read_tokens.value)
    return replace(
        whole,
        read_tokens=Amount(scale * read),
        new_tokens=Amount(sum(new.values())),
        cached_tokens=cached,
    )


def _part_cost(params: Params, corpus: str, style: str, new_tokens: float) -> Cost:
    """What so many tokens in one style took, of all that was written for a corpus's sources."""
    whole = completions_cost(params, corpus, style)
    # Where nothing was written nothing was spent on it.
    if not new_tokens:
        return NO_COST
    if not whole.new_tokens.value:
        return absent_cost(whole.new_tokens.reason or "teacher: its record has no tokens")
    return whole.times(new_tokens / whole.new_tokens.value)


def completions_cost(params: Params, corpus: str, style: str) -> Cost:
    """What all completions in one style took that were written for a corpus's sources."""
    records = []
    for source in params.corpora[corpus].sources:
        record = record_of("distill", source, style)
        if record is None:
            return absent_cost(f"teacher: distill@{source}-{style} has no record")
        records.append(record)
    return _records_cost(params, records)


def teacher_cost(params: Params) -> Cost | None:
    """What the teacher took for all sources in both styles; None without its records."""
    records = [
        record
        for source in params.sources
        for style in COMPLETION_STYLES
        if (record := record_of("distill", source, style)) is not None
    ]
    if not records:
        return None
    return _records_cost(params, records)


def _records_cost(params: Params, records: list[Record]) -> Cost:
    flops = known_sum(record.flops.get("teacher") for record in records)
    seconds = known_sum(_device_seconds(record) for record in records)
    uncounted = "teacher: a part of its tokens was not counted"
    return Cost(
        _amount(tokens(records, "prompt"), uncounted),
        _amount(_new_tokens(records), uncounted),
        _amount(flops, _teacher_flops_reason(params)),
        _amount(seconds, "teacher: device-seconds are not recorded"),
        Amount(sum(record.gpu_hours for record in records)),
        _metered_joules(records, "teacher: "),
        _amount(tokens(records, "cached"), "teacher: its cached tokens were not all counted"),
    )


def _teacher_flops_reason(params: Params) -> str:
    # One teacher answers all sources, so that the first reason is that of all.
    for source in params.sources:
        record = record_of("distill", source, "reasoning")
        if record is not None and "flops.teacher" in record.absent:
            return f"teacher: {record.absent['flops.teacher']}"
    return "teacher: FLOPs are not recorded by cell"


def _training_cost(record: Record | None) -> Cost:
    if record is None:
        return absent_cost("the training has no record")
    return Cost(
        _amount(record.tokens.get("trained"), "training tokens are not recorded"),
        Amount(0.0),
        _amount(
            record.flops.get("train"),
            record.absent.get("flops.train", "training FLOPs are not recorded"),
        ),
        _amount(_device_seconds(record), "device-seconds of training are not recorded"),
        Amount(record.gpu_hours),
        _metered_joules([record]),
    )


def _metered_joules(records: list[Record], whose: str = "") -> Amount:
    """Joules of records together; absent, with the first reason, where one has none."""
    reason = next(
        (record.absent["energy_joules"] for record in records if "energy_joules" in record.absent),
        NO_ENERGY,
    )
    joules = known_sum(record.metrics.get("energy_joules") for record in records)
    return _amount(joules, f"{whose}{reason}")


def _answering_cost(record: Record | None, rows: list[dict[str, Any]]) -> Cost:
    if record is None or not rows:
        return absent_cost("the answers have no record")
    held = _row_sum(rows, "device_seconds")
    whole = _metered_joules([record])
    joules = joules_of_seconds(whole.value, held, record.device_seconds)
    # A student's answers are all made on one device.
    gpu = "cpu" not in record.device_seconds
    why = "device-seconds of answering are not recorded by cell"
    return Cost(
        Amount(float(sum(row["prompt_tokens"] for row in rows))),
        Amount(float(sum(row["thinking_tokens"] + row["answer_tokens"] for row in rows))),
        _amount(
            _row_sum(rows, "inference_flops"),
            record.absent.get("flops.inference", "inference FLOPs are not recorded"),
        ),
        _amount(held, why),
        _amount(None if held is None else held / 3600 * gpu, why),
        _amount(joules, whole.reason or why),
    )


def _judging_cost(params: Params, key: Cell) -> Cost:
    """The judges' share in a cell's answers; nothing where rules grade them all."""
    if not params.grading.judges:
        return NO_COST
    record = record_of("score")
    if record is None:
        return absent_cost("the scores have no record")
    rows = [
        cost_from_json(row["judging"])
        for row in record.details["cells"]
        if (row["student"], row["arm"], row["seed"]) == key and "judging" in row
    ]
    return sum(rows, NO_COST)


def _amount(value: float | None, reason: str) -> Amount:
    return absent(reason) if value is None else Amount(float(value))
