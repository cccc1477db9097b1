"""Decisions on a named device: modelled seconds and money, with a batch or a limit on the wait."""

import random
from dataclasses import replace

import pytest
from tests.decide import simulated

from breakeven.core.errors import InputError
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware
from breakeven.costs.query_costs import ServedOn
from breakeven.costs.roofline import ASSUMED, Serving, answer_times, largest_batch
from breakeven.costs.training_time import TRAINING_SHARE
from breakeven.decide.choice import decide
from breakeven.decide.decide_command import DecisionData, OnDevice, decide_command, decision_of
from breakeven.decide.decision_text import decision_lines
from breakeven.decide.family_options import family_options
from breakeven.decide.options import DecisionRequest, check_request, cost_of, lifetime
from breakeven.decide.serving import served_study
from breakeven.findings.scored_results import scored_results
from breakeven.results.served import shapes_by_name

# Room for some dozens of answers beside the weights, so that every batch can be tried.
SMALL = Hardware("small", 2.5e6, 1e9, {"bfloat16": 1e12}, "a test", price_per_hour=3600.0)
PLACE = ServedOn(SMALL, ASSUMED)
SHAPES = {
    name: Architecture(name, 16, layers, 2, 2, 8, 32, 64, tied_embeddings=True)
    for name, layers in (("s", 2), ("m", 4), ("l", 8))
}
PROMPT = 30
# Enough to bind every training but the longest ones of the largest student.
STEPS = 2000


def results_with_tokens():
    """The simulated study with tokens of its answers and steps of its trainings."""
    found = simulated.results()
    rows = found.items.assign(prompt_tokens=PROMPT)
    thinking = rows["arm"].map(simulated.NEW_TOKENS) - simulated.ANSWER_TOKENS
    rows = rows.assign(thinking_tokens=thinking, answer_tokens=simulated.ANSWER_TOKENS)
    cells = tuple(
        replace(cell, method="full", train_steps=0.0 if cell.style == "base" else STEPS)
        for cell in found.cells
    )
    return replace(found, items=rows, cells=cells)


@pytest.fixture(scope="module")
def results():
    return results_with_tokens()


def on_device(results, batch=None, latency=None):
    return served_study(results, SHAPES, PLACE, batch=batch, latency_seconds=latency)


def by_hand(cell, batch, latency):
    """Answers at once, their seconds and device-seconds, every batch tried; None where none fit."""
    served, new = Serving(SHAPES[cell.student], SMALL), simulated.NEW_TOKENS[cell.arm]

    def seconds(size):
        return answer_times(served, batch=size, prompt_tokens=PROMPT, new_tokens=new).seconds

    most = largest_batch(served, PROMPT + new)
    if batch is None and latency is None:
        batch = most
    elif batch is None:
        batch = max((size for size in range(1, most + 1) if seconds(size) <= latency), default=1)
    if batch > most:
        return None
    return batch, seconds(batch), seconds(batch) / batch


def trained(cell):
    """Seconds of a training, and what binds it: FLOPs at a share of the peak, or steps."""
    shape = SHAPES[cell.student]
    step = shape.layers * 4.5e-3 + 42 * shape.total_parameters / 0.8e9
    by_flops = cell.train_flops / (1e12 * TRAINING_SHARE)
    return max((by_flops, "flops"), (cell.train_steps * step, "steps"))


def brute_force(results, family, request, batch):
    """Names that fit, with their lifetime money, and the best of them."""
    fits = {}
    for cell in results.select(family=family):
        found = by_hand(cell, batch, request.max_latency_seconds)
        if found is None:
            continue
        _, wait, seconds = found
        once = 0.0 if cell.style == "base" else trained(cell)[0]
        cost = once + request.queries * seconds  # a device-second costs one
        late = request.max_latency_seconds is not None and wait > request.max_latency_seconds
        if not late and (request.budget is None or cost <= request.budget):
            fits[f"{cell.student} {cell.arm}"] = (cell.accuracy, cost)
    value = request.value_per_correct

    def score(name):
        accuracy, cost = fits[name]
        return accuracy if value is None else value * request.queries * accuracy - cost

    best = max(fits, key=lambda name: (round(score(name), 6), -fits[name][1]), default=None)
    return fits, best


def test_decisions_are_those_of_trying_everything(results):
    rng = random.Random(3)
    chosen = set()
    for _ in range(50):
        family = rng.choice(["general-mc", "math-open"])
        queries = 10 ** rng.uniform(2, 7)
        batch = rng.choice([None, None, 1, 8, 40])
        latency = rng.choice([None, 10 ** rng.uniform(-3.5, -1)])
        request = DecisionRequest(
            queries=queries,
            budget=rng.choice([None, queries * 10 ** rng.uniform(-5, -2)]),
            price_per_device_hour=3600.0,
            value_per_correct=rng.choice([None, 10 ** rng.uniform(-5, -2)]),
            device="small",
            max_latency_seconds=latency,
        )
        scored = scored_results(results)
        served = on_device(results, batch, latency)
        options = family_options(scored, family, served=served, draws=200).options
        found = decide(options, request)
        fits, best = brute_force(results, family, request, batch)
        costs = {row.option.name: row.cost.value for row in found.rows if row.fits}
        assert costs == pytest.approx({name: cost for name, (_, cost) in fits.items()}, rel=1e-12)
        assert (found.choice.option.name if found.choice else None) == best
        chosen.add(best)
    # The requests tell options apart, and some of them none can meet.
    assert len(chosen) > 3
    assert None in chosen


def test_a_limit_on_the_wait_sets_how_many_are_answered_at_once(results):
    (cell,) = results.select(student="m", family="math-open", style="reasoning")
    alone, full = by_hand(cell, 1, None), by_hand(cell, None, None)
    between = (alone[1] + full[1]) / 2
    scored = scored_results(results)

    def option(latency):
        served = on_device(results, latency=latency)
        every = family_options(scored, "math-open", served=served, draws=200).options
        return next(one for one in every if one.name == "m reasoning")

    batch, wait, seconds = by_hand(cell, None, between)
    assert 1 < option(between).batch == batch < full[0]
    assert option(between).latency.value == pytest.approx(wait)
    assert option(between).bill.per_answer.device_seconds.value == pytest.approx(seconds)
    # Too slow even alone: its wait is told, and by it the option is left out.
    assert option(alone[1] / 2).latency.value == pytest.approx(alone[1])


def test_nothing_measured_is_mixed_with_what_is_modelled(results):
    served = on_device(results)
    scored, bills = scored_results(results), simulated.bills()
    options = family_options(scored, "math-open", bills=bills, served=served, draws=200).options
    (reasoning,) = [one for one in options if one.name == "m reasoning"]
    measured = family_options(scored, "math-open", bills=bills, draws=200).options
    (own,) = [one for one in measured if one.name == "m reasoning"]
    assert own.bill.training.device_seconds != reasoning.bill.training.device_seconds
    assert own.bill.training.flops == reasoning.bill.training.flops
    assert reasoning.bill.teacher.device_seconds.reason == (
        "the teacher's work is not modelled on small"
    )


def test_what_does_not_fit_or_is_not_known_is_left_out_with_the_reason(results):
    scored = scored_results(results)
    crowded = family_options(scored, "math-open", served=on_device(results, 5000), draws=200)
    request = DecisionRequest(1e6, "device_seconds", device="small", batch=5000)
    assert "its memory holds at most" in decide(crowded.options, request).reason
    unknown = replace(on_device(results), shapes=shapes_by_name(["s", "m", "l"]))
    (first, *_) = family_options(scored, "math-open", served=unknown, draws=200).options
    assert "is no model whose architecture is bundled" in first.latency.reason


@pytest.mark.parametrize("unit", ["flops", "device_seconds", "money"])
@pytest.mark.parametrize("queries", [0.0, 1e6])
def test_what_does_not_fit_is_left_out_in_every_unit(results, unit, queries):
    """FLOPs are known of it, and so is what it costs without queries; still nobody can serve it."""
    source = DecisionData(results, {}, currency="USD", draws=200)
    request = DecisionRequest(queries, unit, price_per_device_hour=3600.0, device="small")
    crowded = replace(request, batch=5000)
    with pytest.raises(InputError) as told:
        decision_of(source, "math-open", crowded, served=on_device(results, 5000))
    most = {
        f"{cell.student} {cell.arm}": by_hand(cell, None, None)[0]
        for student in ("s", "m", "l")
        for cell in results.select(student=student, family="math-open")
    }
    # So many that plain answers have room and thinking ones have not.
    batch, least = max(most.values()), min(most.values())
    served = [name for name, fitting in most.items() if fitting == batch]
    kept_out = [name for name in most if name not in served]
    assert 0 < least < batch < 5000
    assert str(told.value) == (
        "decide: no option fits: no option is served on small with 5,000 answers at once: its "
        f"memory holds at most {batch:,}, of {', '.join(served)}, which keeps out "
        f"{', '.join(kept_out)}; with {least:,} all are served"
    )
    found = decision_of(
        source, "math-open", replace(request, batch=batch), served=on_device(results, batch)
    )
    fits = {row["name"] for row in found["options"] if row["fits"]}
    assert "s ift" in fits
    assert fits == {row["name"] for row in found["options"] if row["batch"] == batch}
    named = {pair[side] for pair in found["break_evens"] for side in ("first", "second")}
    assert named <= fits
    assert decision_lines(found)


def test_the_command_says_that_all_is_modelled(results):
    source = DecisionData(results, {}, currency="USD", draws=200)
    request = DecisionRequest(1e5, price_per_device_hour=3600.0, device="small")
    found = decision_of(source, "math-open", request, served=on_device(results))
    assert found["request"]["device"] == "small"
    assert found["request"]["unit"] == "money"
    assert found["choice"]["latency_seconds"] > 0
    assert "modelled on small" in decision_lines(found)[1]
    hurried = replace(request, max_latency_seconds=1e-9)
    with pytest.raises(InputError, match="the limit on the wait binds: the quickest option"):
        decision_of(source, "math-open", hurried, served=on_device(results, latency=1e-9))


def test_a_wait_without_a_device_and_an_unknown_device_are_refused(project):
    with pytest.raises(InputError, match="max_latency_seconds: how long one person waits"):
        check_request(DecisionRequest(1.0, "flops", max_latency_seconds=2.0))
    table = project / "results.csv"
    table.write_text(
        "student,size_b,style,family,accuracy,prompt_tokens,answer_tokens,train_flops\n"
        "Qwen2.5-0.5B,0.5,ift,math-open,0.30,250,500,1e18\n"
        "Qwen2.5-7B,7,ift,math-open,0.60,250,500,1e19\n"
    )
    with pytest.raises(InputError, match=r"--device: value is 'H10'; .*H100"):
        decide_command("math-open", 1e6, results_file=table, device=OnDevice("H10"))
    found = decide_command(
        "math-open", 1e6, results_file=table, device=OnDevice("h100"), max_latency_seconds=8.0
    )
    assert found["choice"]["name"].startswith("Qwen2.5-7B")
    assert found["request"] | {"device": "H100", "price_per_device_hour": 3.99} == found["request"]
    assert found["request"]["currency"] == "USD"
    assert 0 < found["choice"]["latency_seconds"] <= 8.0


def test_the_search_for_rates_is_counted_where_it_is_asked_for(results):
    spent = cost_of(Amount(4e9), absent("not recorded"))
    bills = {key: replace(bill, tuning=spent) for key, bill in simulated.bills().items()}
    scored = scored_results(results)

    def lives(served):
        every = family_options(scored, "math-open", bills=bills, served=served, draws=200).options
        (one,) = [option for option in every if option.name == "m reasoning"]
        plain = DecisionRequest(1e5, "flops", with_teacher=False)
        return [
            {unit: lifetime(one, request, unit) for unit in ("flops", "device_seconds")}
            for request in (plain, replace(plain, with_tuning=True))
        ]

    without, counted = lives(None)
    assert counted["flops"].value == without["flops"].value + 4e9
    assert counted["device_seconds"].reason == "not recorded"
    # On a device its seconds are modelled as those of the training are: so many a FLOP.
    without, counted = lives(on_device(results))
    more = counted["device_seconds"].value - without["device_seconds"].value
    (cell,) = results.select(student="m", family="math-open", style="reasoning")
    assert more == pytest.approx(4e9 * trained(cell)[0] / cell.train_flops)


def test_a_training_takes_its_steps_where_they_take_longer_than_its_flops(results):
    few = (replace(one, train_steps=one.train_steps and 1) for one in results.cells)
    results = replace(
        results,
        cells=tuple(
            short if short.student == "l" else one
            for short, one in zip(few, results.cells, strict=True)
        ),
    )
    served = on_device(results)
    options = family_options(scored_results(results), "math-open", served=served, draws=200).options
    bound = {}
    for cell in results.select(family="math-open"):
        (one,) = [row for row in options if row.name == f"{cell.student} {cell.arm}"]
        seconds, by = (0.0, None) if cell.style == "base" else trained(cell)
        assert one.bill.training.device_seconds.value == pytest.approx(seconds, rel=1e-12)
        assert one.training_by == (None if cell.style == "base" else "steps")
        bound[one.name] = by
    assert set(bound.values()) == {None, "steps", "flops"}


def without_steps(results):
    return replace(results, cells=tuple(replace(cell, train_steps=None) for cell in results.cells))


def test_a_training_of_unknown_steps_has_its_flops_alone_and_says_so(results):
    source = DecisionData(without_steps(results), {}, currency="USD", draws=200)
    request = DecisionRequest(1e5, price_per_device_hour=3600.0, device="small")
    served = on_device(source.results)
    found = decision_of(source, "math-open", request, served=served)
    (caution,) = [one for one in found["cautions"] if "FLOPs alone" in one]
    assert "for 9 of 12 options (s ift, …), as the steps are not known" in caution
    assert f"caution: {caution}" in decision_lines(found)
    (row,) = [one for one in found["options"] if one["name"] == "l reasoning"]
    (cell,) = results.select(student="l", family="math-open", style="reasoning")
    assert row["training_by"] == "flops"
    assert row["ownership"]["training"] == pytest.approx(cell.train_flops / (1e12 * TRAINING_SHARE))


def test_the_answer_tells_the_batch_that_was_used_and_that_costs_are_modelled(results):
    source = DecisionData(results, {}, currency="USD", draws=200)
    request = DecisionRequest(1e5, price_per_device_hour=3600.0, device="small")
    found = decision_of(source, "math-open", request, served=on_device(results))
    assert (found["accuracy_source"], found["cost_source"]) == ("measured", "modelled")
    assert found["request"]["batch"] == found["choice"]["batch"] > 1
    assert found["request"]["batch_rule"] == "the most that fit"
    assert found["cautions"] == []
    own = replace(request, batch=8)
    found = decision_of(source, "math-open", own, served=on_device(results, batch=8))
    assert found["request"] | {"batch": 8, "batch_rule": "as given"} == found["request"]
    measured = decision_of(source, "math-open", DecisionRequest(1e5, unit="device_seconds"))
    assert (measured["accuracy_source"], measured["cost_source"]) == ("measured", "measured")
    assert (measured["request"]["batch"], measured["request"]["batch_rule"]) == (None, None)


def test_a_batch_that_nobody_would_serve_is_told_unless_it_was_asked_for(results):
    large = PLACE._replace(hardware=replace(SMALL, memory_bytes=1e9))
    source = DecisionData(results, {}, currency="USD", draws=200)
    request = DecisionRequest(1e5, price_per_device_hour=3600.0, device="small")
    served = replace(on_device(results), place=large)
    found = decision_of(source, "math-open", request, served=served)
    (caution,) = found["cautions"]
    most = max(row["batch"] for row in found["options"])
    assert most > 10_000
    assert caution.startswith("12 of 12 options are taken to be served with more answers at once")
    assert f"up to {most:,}, the most that fit" in caution
    assert caution.endswith("--batch sets how many")
    asked = decision_of(
        source, "math-open", replace(request, batch=2000), served=replace(served, batch=2000)
    )
    assert asked["cautions"] == []
