"""A decision as JSON, and that JSON as lines to read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from breakeven.costs.amounts import Amount
from breakeven.costs.bill import ITEMS
from breakeven.costs.query_costs import MOST_AT_ONCE
from breakeven.decide.break_even import BreakEven
from breakeven.decide.choice import Decision, RatedOption
from breakeven.decide.options import UNITS, DecisionRequest, Unit, item_in_unit, priced
from breakeven.decide.ownership import Ownership
from breakeven.decide.shortfall import cost_in_words
from breakeven.results.cell_results import Results
from breakeven.words import (
    four_figures,
    percent,
    points_interval,
    size_word,
    times,
    unsigned_points,
)

CostWords = Callable[[float], str]


def decision_json(
    decision: Decision, results: Results, family: str, currency: str = "", resampled: str = "items"
) -> dict[str, Any]:
    """One JSON object: the request, the choice, what it rests on, every option, every break-even.

    `resampled` says what the resamples behind a probability hold. A number that is not known is
    null, and `absent` of the same object says why.
    """
    request, extrapolation = decision.request, decision.extrapolation
    modelled = request.device is not None
    return {
        "study": results.study,
        "accuracy_source": results.source,
        "cost_source": "modelled" if modelled else results.source,
        "family": family,
        "request": _request(decision, currency),
        "cautions": list(cautions(decision.rows, request)),
        "rule": rule(request.value_per_correct),
        "teacher": _teacher(decision),
        "choice": None if decision.choice is None else _row(decision.choice),
        "reason": decision.reason,
        "probability": decision.probability,
        "probability_reason": decision.probability_reason,
        "resampled": resampled,
        "runner_up": None if decision.runner_up is None else _row(decision.runner_up),
        "rests_on_extrapolation": None if extrapolation is None else extrapolation.rests,
        "extrapolation": None if extrapolation is None else extrapolation._asdict(),
        "ladder": [step._asdict() for step in decision.ladder],
        "break_evens": [_break_even(pair) for pair in decision.break_evens],
        "options": [_row(row) for row in decision.rows],
        "notes": [note for note in results.notes if "derived" in note],
    }


def _request(decision: Decision, currency: str) -> dict[str, Any]:
    """What was asked, and the batch that the choice is served with where none was given."""
    request, choice = decision.request, decision.choice
    used = request.batch if choice is None else choice.option.batch
    rule = None if request.device is None else batch_rule(request)
    return {**vars(request), "batch": used, "batch_rule": rule, "currency": currency or None}


def _teacher(decision: Decision) -> dict[str, Any]:
    """Whether the teacher is in the costs of the unit asked for, and of whom it is not known."""
    request = decision.request
    counted = "teacher" in request.counted_once(request.unit)
    amounts = {
        row.option.name: item_in_unit(row.option, "teacher", request, request.unit)
        for row in decision.rows
        if counted
    }
    reason = request.teacher_left_out.get(request.unit)
    return {
        "counted": counted,
        "reason": reason if request.with_teacher else "left out, as asked",
        "not_known_of": [name for name, amount in amounts.items() if amount.value is None],
    }


def batch_rule(request: DecisionRequest) -> str:
    """How many answers are given at once on a device."""
    if request.batch is not None:
        return "as given"
    if request.max_latency_seconds is not None:
        return "the most that end within the limit on the wait"
    return "the most that fit"


def cautions(rows: Sequence[RatedOption], request: DecisionRequest) -> Iterator[str]:
    """What a reader of modelled costs has to know, a line each."""
    batches = [row.option.batch for row in rows if row.option.batch is not None]
    large = [batch for batch in batches if batch > MOST_AT_ONCE]
    if large and request.batch is None:
        yield (
            f"{len(large)} of {len(batches)} options are taken to be served with more answers at "
            f"once than servers run, up to {max(large):,}, {batch_rule(request)} (vLLM runs at "
            f"most {MOST_AT_ONCE:,} unless told otherwise); --batch sets how many"
        )
    alone = [row.option.name for row in rows if row.option.training_by == "flops"]
    if alone:
        yield (
            f"training is modelled by its FLOPs alone for {len(alone)} of {len(rows)} options "
            f"({alone[0]}{', …' if len(alone) > 1 else ''}), as the steps are not known: far too "
            "short for small models"
        )


def rule(value_per_correct: float | None) -> str:
    """How the best option is chosen."""
    if value_per_correct is None:
        return "highest accuracy within the limits; the cheaper of equals"
    return "highest net value within the limits; the cheaper of equals"


def _row(row: RatedOption) -> dict[str, Any]:
    option = row.option
    amounts = {str(unit): row.costs[unit] for unit in UNITS}
    amounts["seconds_per_answer"] = row.seconds
    amounts["latency_seconds"] = option.latency
    return {
        "name": option.name,
        "student": option.student,
        "arm": option.arm,
        "style": option.style,
        "decoding": option.decoding,
        "size_parameters": option.size_parameters,
        "accuracy": option.accuracy,
        "lifetime_cost": {unit: row.costs[unit].value for unit in UNITS},
        "seconds_per_answer": row.seconds.value,
        "latency_seconds": option.latency.value,
        "batch": option.batch,
        "training_by": option.training_by,
        "answers_by_token": option.by_token,
        "net_value": row.net_value,
        "ownership": _ownership(row.owned),
        "fits": row.fits,
        "why_not": row.why_not,
        "on_frontier": row.on_frontier,
        "probability": row.probability,
        "absent": _absent(amounts),
    }


def _ownership(owned: Ownership) -> dict[str, Any]:
    amounts = {**owned.items, "total": owned.total}
    return {
        **{name: amount.value for name, amount in amounts.items()},
        "at_least": owned.at_least,
        "absent": _absent(amounts),
    }


def _break_even(pair: BreakEven) -> dict[str, Any]:
    queries: dict[str, Amount] = {unit: getattr(pair, unit) for unit in UNITS}
    if pair.net_value is not None:
        queries["net_value"] = pair.net_value
    return {
        "first": pair.first,
        "second": pair.second,
        "queries": {unit: amount.value for unit, amount in queries.items()},
        "cheaper_before": pair.cheaper_before,
        "cheaper_after": pair.cheaper_after,
        "cost": pair.cost.value,
        "absent": _absent(queries),
    }


def _absent(amounts: Mapping[str, Amount]) -> dict[str, str]:
    return {name: amount.reason for name, amount in amounts.items() if amount.reason}


def decision_lines(result: Mapping[str, Any]) -> list[str]:
    """The JSON of a decision in a few readable lines."""
    request, choice = result["request"], result["choice"]
    unit, currency = request["unit"], request["currency"] or ""

    def cost(value: float) -> str:
        return cost_in_words(value, unit, currency)

    return [
        f"{result['family']}, {four_figures(request['queries'])} queries: {choice['name']}",
        *_modelled(request, choice),
        f"  {_accuracy(choice)} right, {cost(choice['lifetime_cost'][unit])} over its life"
        + _seconds(choice)
        + (", answers paid by the token" if choice["answers_by_token"] else "")
        + _net(choice, currency),
        f"  {_teacher_line(result['teacher'])}",
        *_owned(request, choice["ownership"], currency),
        f"  chosen by: {result['rule']}",
        f"  {_probability(result)}",
        f"  {_extrapolation(result)}",
        "on the frontier, cheapest first; each gets more right than the one before:",
        *(f"  {_step(step, cost)}" for step in result["ladder"]),
        *_break_evens(result, unit, cost),
        *(f"left out: {line}" for line in _left_out(result)),
        *(f"caution: {line}" for line in result["cautions"]),
        *(f"note: {note}" for note in [*result["notes"], *_never_right(result)]),
        *(law_lines(result["law"]) if "law" in result else ()),
    ]


def _modelled(request: Mapping[str, Any], choice: Mapping[str, Any]) -> list[str]:
    """That seconds and money are of a model of the device, where one is named."""
    if request["device"] is None:
        return []
    training = _TRAINING_BY[choice["training_by"]]
    if choice["batch"] is None:
        return [f"  answered by a service, not on {request['device']}{training}"]
    answers = "answer" if choice["batch"] == 1 else "answers"
    waits = choice["latency_seconds"]
    wait = "" if waits is None else f", one person waits {four_figures(waits)} s"
    return [
        f"  modelled on {request['device']} with {choice['batch']:,} {answers} at once "
        f"({request['batch_rule']}){wait}; nothing was measured there{training}"
    ]


def _teacher_line(teacher: Mapping[str, Any]) -> str:
    """Whether these costs hold the teacher's work, and why not."""
    if not teacher["counted"]:
        return f"without the teacher: {teacher['reason']}"
    unknown = ", ".join(teacher["not_known_of"])
    if not unknown:
        return "with the teacher's work"
    return (
        f"with the teacher's work, whose part is not known of {unknown}: they are out; "
        "--without-teacher compares them as well"
    )


_TRAINING_BY = {
    None: "",
    "steps": "; training by its FLOPs or, where longer, by its steps",
    "flops": "; training by its FLOPs alone",
}


def _owned(request: Mapping[str, Any], owned: Mapping[str, Any], currency: str) -> list[str]:
    """What the choice costs with every item counted, in money where there is a price."""
    # Without a price of hours there is none, but of answers that are paid by the token.
    if not priced(request["price_per_device_hour"]) and owned["answering"] is None:
        return []
    known = ", ".join(
        f"{item} {four_figures(owned[item])}" for item in ITEMS if owned[item] is not None
    )
    total = cost_in_words(owned["at_least"], "money", currency)
    if owned["total"] is not None:
        return [f"  with everything counted: {total} ({known})"]
    least = f"at least {total} ({known}); " if known else ""
    return [f"  with everything counted: {least}not known: {owned['absent']['total']}"]


def law_lines(law: Mapping[str, Any]) -> list[str]:
    """What the law of the gain says, in a few lines."""
    if law["reasons"]:
        return [f"by the law of the gain: undecided, {'; '.join(law['reasons'])}"]
    gain, given = law["gain"], "given" if law["ift_accuracy_given"] else "fitted"
    outside = "; ".join(law["outside"])
    where = f"extrapolated, {outside}" if outside else "within its range"
    return [
        f"by the law of the gain, {size_word(law['size_parameters'])} parameters, "
        f"serial depth {law['depth']:.3g}, {times(law['token_ratio'])} times the tokens: "
        f"{law['standing']}",
        f"  reasoning over IFT {points_interval(gain['value'], gain['low'], gain['high'])} points, "
        f"where IFT has {percent(law['ift_accuracy'])} ({given})",
        f"  {where}; fitted to {law['range']}; it misses a size left out by "
        f"{unsigned_points(law['miss'])} points",
        *([f"  {law['failing']}"] if law["failing"] else []),
        f"  {law['misfit']}",
        f"  {law['equation']}",
    ]


def _accuracy(row: Mapping[str, Any]) -> str:
    return percent(row["accuracy"])


def _seconds(row: Mapping[str, Any]) -> str:
    seconds = row["seconds_per_answer"]
    return "" if seconds is None else f", {four_figures(seconds)} device-seconds an answer"


def _net(row: Mapping[str, Any], currency: str) -> str:
    if row["net_value"] is None:
        return ""
    loss = ": it does not earn what it costs" if row["net_value"] < 0 else ""
    return f", net value {four_figures(row['net_value'])} {currency}".rstrip() + loss


def _probability(result: Mapping[str, Any]) -> str:
    if result["probability"] is None:
        return f"probability that this is best: not known, {result['probability_reason']}"
    text = f"best in {percent(result['probability'])} of resamples of the {result['resampled']}"
    rival = result["runner_up"]
    if rival is None:
        return f"{text}; nothing else fits"
    return f"{text}; next is {rival['name']} with {percent(rival['probability'])}"


def _extrapolation(result: Mapping[str, Any]) -> str:
    rests = result["rests_on_extrapolation"]
    words = result["extrapolation"]["words"]
    if rests is None:
        return f"extrapolation: not known, {words}"
    factor = result["extrapolation"]["factor"]
    outside = f", {times(factor)} times outside their costs" if rests and factor else ""
    return f"rests on extrapolation: {'yes' if rests else 'no'}, {words}{outside}"


def _step(step: Mapping[str, Any], cost: CostWords) -> str:
    each = step["cost_per_extra_correct"]
    more = "" if each is None else f"; each further right answer costs {cost(each)}"
    if step["accuracy"] == 0.0:
        more = "; gets no answer right, no better than not answering: named as the cheapest"
    return f"{step['name']}: {_accuracy(step)}, {cost(step['cost'])}{more}"


def _break_evens(result: Mapping[str, Any], unit: Unit, cost: CostWords) -> list[str]:
    lines = _pairs(result, unit, cost)
    if not lines:
        return ["break-even queries: none, as no two options are worth comparing"]
    return ["break-even queries:", *(f"  {line}" for line in lines)]


def _never_right(result: Mapping[str, Any]) -> list[str]:
    """Why an option that gets nothing right is named among break-evens; the ladder says it."""
    told = {step["name"] for step in result["ladder"]}
    named = {
        name for pair in result["break_evens"] for name in (pair["first"], pair["second"])
    } - told
    rows = result["options"]
    never = [row["name"] for row in rows if row["name"] in named and row["accuracy"] == 0.0]
    if not never:
        return []
    gets = "gets no answer right and is" if len(never) == 1 else "get no answer right and are"
    return [f"{', '.join(never)} {gets} named for the cost alone"]


def _pairs(result: Mapping[str, Any], unit: Unit, cost: CostWords) -> list[str]:
    """Pairs that break even, and how many do not."""
    lines, never = [], 0
    for pair in result["break_evens"]:
        if pair["queries"].get("net_value") is not None:
            names = f"{pair['first']} and {pair['second']}"
            lines.append(f"{names} net the same at {four_figures(pair['queries']['net_value'])}")
    for pair in result["break_evens"]:
        queries = pair["queries"][unit]
        if queries is None:
            never += 1
            continue
        lines.append(
            f"{pair['first']} and {pair['second']}: {four_figures(queries)} "
            f"({cost(pair['cost'])}); {pair['cheaper_before']} is cheaper below, "
            f"{pair['cheaper_after']} above"
        )
    if never:
        other = "other " if lines else ""
        pairs = "pair has" if never == 1 else "pairs have"
        lines.append(f"{never} {other}{pairs} none: one is cheaper at any number of queries")
    return lines


def _left_out(result: Mapping[str, Any]) -> list[str]:
    """Reasons that keep options out, each behind the names of those that it keeps out."""
    by_reason: dict[str, list[str]] = {}
    for row in result["options"]:
        if row["why_not"]:
            # Without the option's own name a reason is the same for all that share it.
            words = row["why_not"].replace(f"{row['name']}: ", "")
            by_reason.setdefault(words, []).append(row["name"])
    return [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]
