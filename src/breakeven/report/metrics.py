"""`metrics.json`: every number of the report by its name, four figures each."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from breakeven.findings.direction import Direction, count_directions
from breakeven.findings.law import LAW_TERMS
from breakeven.findings.outcome import ClaimDecision
from breakeven.findings.votes import VoteComparison
from breakeven.report.curves import Axis, cost_panels
from breakeven.report.interval_scope import fewest_and_most_seeds
from breakeven.report.pass_tables import money_axis, worth_of_styles
from breakeven.report.view import StudyView
from breakeven.results.cell_results import ENERGY
from breakeven.rows.outcomes import OUTCOMES
from breakeven.study.repeated_training import same_training

# As numbers, which is all that DVC and MLflow chart.
_VERDICTS: dict[ClaimDecision, int] = {"supported": 1, "undecidable here": 0, "contradicted": -1}
_SIGNS: dict[Direction, int] = {"ahead": 1, "undecided": 0, "behind": -1}


def metrics(view: StudyView) -> dict[str, Any]:
    """Nested by student, arm and family: a number is named `accuracy.t2m.ift.math-mc`.

    A number that is not known is left out: a zero would read as measured.
    """
    accuracy: dict[str, Any] = {}
    outcomes: dict[str, Any] = {}
    costs: dict[str, Any] = {}
    for family in view.results.families():
        for group in view.family_groups(family):
            cell = group.cells[0]
            _put(accuracy, group.accuracy, cell.student, cell.arm, family)
            place = (cell.student, cell.arm)
            for outcome in OUTCOMES[1:]:  # the share of right answers is the accuracy
                share = None if group.outcomes is None else getattr(group.outcomes, outcome)
                _put(outcomes, share, f"{outcome}_share", *place, family)
            _put(outcomes, group.mean("thinking_share"), "thinking_share", *place, family)
            # The same of every family: a student is trained once for all of them.
            _put(costs, group.mean("train_flops"), *place, "train_flops")
            _put(costs, group.mean("inference_flops"), *place, "inference_flops", family)
            _put(costs, group.mean("output_tokens"), *place, "output_tokens", family)
            _put(costs, group.mean("train_energy_joules"), *place, "train_energy_joules")
            _put(costs, group.mean(ENERGY), *place, ENERGY, family)
    panels = cost_panels(view, "inference", fits=False)
    gain: dict[str, Any] = {}
    for row in view.findings.families:
        # A student may have several plain arms, and each gain is over one of them.
        _put_points(gain, row, row.student, row.arm, row.ift_arm, row.family)
    votes = _votes(view)
    counts = view.findings.direction_counts("inference_flops")
    return {
        "accuracy": accuracy,
        "above": _baselines(view),
        **outcomes,
        "training_seeds": fewest_and_most_seeds(view)[0],
        "gain": gain,
        "sampled_minus_greedy_gain": _sampler_changes(view),
        "cost": costs,
        # Without another decoding there is none to compare with the first.
        **({"decodings": _decodings(view)} if view.other_decodings else {}),
        # What could not be tested is left out; 0 is a test that decided nothing.
        "claims": {
            verdict.id: _VERDICTS[verdict.verdict]
            for verdict in view.findings.claims
            if verdict.verdict != "undecidable here" or verdict.p_value is not None
        },
        **({"tokens_a_query": spread} if (spread := _spreads(view)) else {}),
        **({"claims_by_energy": by_energy} if (by_energy := _claims_by(view, ENERGY)) else {}),
        **({"claims_where_served": moved} if (moved := _claims_where_served(view)) else {}),
        **({"lifetime_money": lives} if (lives := _lifetimes(view)) else {}),
        **({"served": served} if (served := _served(view)) else {}),
        **({"levelling": levelling} if (levelling := _levelling(view)) else {}),
        **({"equal_training": budgets} if (budgets := _equal_training(view)) else {}),
        "equal_inference_flops": {
            "reasoning_ahead": counts.ahead,
            "ift_ahead": counts.behind,
            "undecided": counts.undecided,
        },
        # Without samples there is nothing to compare, and a zero would look like a finding.
        **(
            {
                "votes": votes,
                "votes_at_equal_inference_flops": _vote_counts(view.findings.votes),
                "votes_minus_reasoning": _votes_minus_reasoning(view.findings.votes),
            }
            if votes
            else {}
        ),
        "on_inference_frontier": {
            style: sum(
                p.on_frontier for panel in panels for p in panel.points if p.arm.style == style
            )
            for style in ("base", "ift", "mixed", "reasoning")
        },
        "on_inference_hull": {
            style: sum(
                bool(p.on_hull) for panel in panels for p in panel.points if p.arm.style == style
            )
            for style in ("base", "ift", "mixed", "reasoning")
        },
        "right_answer_without": _worths(view, "inference"),
        **({"right_answer_without_in_money": worths} if (worths := _worths_in_money(view)) else {}),
        "router": _routers(view),
        "law": _law(view),
        # Without controls there is nothing to tell of them.
        **({"controls": _controls(view)} if view.control_comparisons else {}),
    }


def _spreads(view: StudyView) -> dict[str, Any]:
    """By student, arm and family: mean generated tokens with their interval, and p95."""
    tree: dict[str, Any] = {}
    for group, spread in view.query_spreads.items():
        cell = group.cells[0]
        where = (cell.student, cell.arm, cell.family)
        if spread.tokens is not None:
            for name in ("value", "low", "high"):
                _put(tree, getattr(spread.tokens, name), *where, name)
        _put(tree, spread.late_tokens, *where, "p95")
    return tree


def _served(view: StudyView) -> dict[str, Any]:
    """By device, student, arm and family: modelled money of a query and seconds of an answer."""
    tree: dict[str, Any] = {}
    for axis in view.results.axes:
        for group in view.every_group:
            cell = group.cells[0]
            where = (axis.hardware, cell.student, cell.arm, cell.family)
            _put(tree, group.mean(axis.name), *where, axis.key)
    return tree


def _lifetimes(view: StudyView) -> dict[str, Any]:
    """By device, or as measured: money over a life of so many queries, by student, arm, family."""
    tree: dict[str, Any] = {}
    for axis in view.lifetime_axes:
        where = axis.hardware or "measured"
        _put(tree, axis.queries, where, "queries")
        for group in view.every_group:
            cell = group.cells[0]
            _put(tree, axis.costs.get(group), where, cell.student, cell.arm, cell.family)
    return tree


def _claims_where_served(view: StudyView) -> dict[str, Any]:
    """The verdicts at equal money and at an equal wait, by device, axis and claim."""
    tree: dict[str, Any] = {}
    for axis in view.results.judged_axes:
        for name, verdict in _claims_by(view, axis.name).items():
            _put(tree, verdict, axis.hardware, axis.key, name)
    return tree


def _claims_by(view: StudyView, cost: str) -> dict[str, Any]:
    """The verdicts on the claims about what an answer costs, by another cost."""
    return {
        verdict.id: _VERDICTS[verdict.on_axes[cost]]
        for verdict in view.findings.claims
        if cost in verdict.on_axes
    }


def _worths_in_money(view: StudyView) -> dict[str, Any]:
    axis = money_axis(view)
    return {} if axis is None else _worths(view, axis)


def _worths(view: StudyView, axis: Axis) -> dict[str, Any]:
    """How many times dearer a right answer gets without a style, by panel."""
    tree: dict[str, Any] = {}
    for one in worth_of_styles(view, axis):
        for end in ("value", "low", "high"):
            value = getattr(one, end)
            # A style without which nobody is right has no number here; the table says so.
            if value is not None and math.isfinite(value):
                corpus = [] if one.key.title == one.key.family else [str(one.key.corpus)]
                _put(tree, value, one.style, *corpus, one.key.family, end)
    return tree


def _law(view: StudyView) -> dict[str, Any]:
    """Coefficients of the law of the gain; empty where these results give none."""
    tree: dict[str, Any] = {}
    law = view.law.law
    if law is None:
        return tree
    for name, term in zip(LAW_TERMS, law.terms, strict=True):
        for end in ("value", "low", "high"):
            _put(tree, getattr(term, end), name, end)
    for name, value in law.centre._asdict().items():
        _put(tree, value, "centre", name)
    for name, low, high in zip(law.centre._fields, law.lowest, law.highest, strict=True):
        _put(tree, low, "range", name, "low")
        _put(tree, high, "range", name, "high")
    _put(tree, 100 * law.miss, "miss_points")
    _put(tree, float(not law.failings), "describes")
    _put(tree, law.fitted.of_cells.value**0.5, "between_cells_log_odds")
    _put(tree, law.fitted.of_sizes.value**0.5, "between_sizes_log_odds")
    for name, count in law.own_cells._asdict().items():
        _put(tree, count, "own_cells", name)
    return tree


def _baselines(view: StudyView) -> dict[str, Any]:
    """Points above chance, and above the untrained base (by its name), with their intervals."""
    found: dict[str, Any] = {}
    for one in view.findings.guards:
        cell = one.group.cells[0]
        against = "chance" if one.against == "chance" else one.name
        for name, value in zip(("points", "low", "high"), one.lead, strict=True):
            points = None if value is None else 100 * value
            _put(found, points, against, cell.student, cell.arm, one.asked, name)
    return found


def _equal_training(view: StudyView) -> dict[str, Any]:
    """Points between two arms of one training budget, and what one used over the other."""
    found: dict[str, Any] = {}
    for one in view.findings.budgets:
        row = one.difference
        where = (row.student, row.arm, row.ift_arm)
        _put(found, one.match.ratio, *where, "used_ratio")
        _put_points(found, row, *where, row.family)
    return found


def _levelling(view: StudyView) -> dict[str, Any]:
    """Points that the second half of its budget brought an arm, by what was asked."""
    found: dict[str, Any] = {}
    for one in view.findings.levelling:
        for name, share in (("points", one.gain), ("low", one.low), ("high", one.high)):
            points = None if share is None else 100 * share
            _put(found, points, one.asked.replace(" ", "_"), one.student, one.arm, name)
    return found


def _decodings(view: StudyView) -> dict[str, Any]:
    """By decoding other than the first: accuracy, points over the first, tokens and FLOPs."""
    found: dict[str, Any] = {}
    for one in view.other_decodings:
        cell, group = one.group.cells[0], one.group
        where = (cell.decoding, cell.student, cell.arm, cell.family)
        _put(found, view.decoded_accuracies[group].value, *where, "accuracy")
        _put_points(found, one.change, *where)
        for name in ("thinking_tokens", "answer_tokens", "inference_flops"):
            _put(found, group.mean(name), *where, name)
    for every in view.decoding_changes:
        at = (every.decoding, "all_sizes", every.arm, "all_families")
        _put_points(found, every.change.mean, *at)
        if every.adjusted_p_value is not None:
            _put(found, _SIGNS[every.direction], *at, "decided")
    return found


def _votes(view: StudyView) -> dict[str, Any]:
    """By decoding: the accuracy of so many samples taken together, and the FLOPs of all of them."""
    found: dict[str, Any] = {}
    for curve in view.vote_curves:
        cell = curve.group.cells[0]
        where = (curve.decoding, cell.student, cell.arm, cell.family)
        for name, taken in (("maj", curve.shown), ("pass", curve.passes)):
            for samples, group in taken.items():
                _put(found, group.accuracy, *where, f"{name}_at_{samples}")
                flops = group.mean("inference_flops")
                _put(found, flops, *where, f"inference_flops_at_{samples}")
    return found


def _votes_minus_reasoning(every: Sequence[VoteComparison]) -> dict[str, Any]:
    """Points of as many plain answers as cost one reasoning answer, by how the prompt is read."""
    found: dict[str, Any] = {}
    for one in every:
        cell, plain = one.reasoning.cells[0], one.plain.cells[0]
        where = (one.decoding, cell.student, cell.arm, plain.arm, cell.family, _reading(one.prompt))
        _put(found, one.size, *where, "votes")
        if one.lead is not None:
            _put_points(found, one.lead, *where)
    return found


def _routers(view: StudyView) -> dict[str, Any]:
    """By student and both arms: the oracle's accuracy, each router's mean gain over mixing."""
    tree: dict[str, Any] = {}
    for one in view.routings:
        where = (one.student, one.arm, one.ift_arm)
        if one.oracle is not None:
            _put(tree, one.oracle.accuracy, *where, "oracle_bound")
        for router in one.routers:
            _put_points(tree, router.mean_gain, *where, router.reads.replace(" ", "_"))
    return tree


def _controls(view: StudyView) -> dict[str, Any]:
    """By student and control: points over both styles by family, and the share of the gain kept."""
    tree: dict[str, Any] = {}
    for beside in view.control_comparisons:
        cell = beside.control.cells[0]
        for style, apart in (("ift", beside.over_ift), ("reasoning", beside.over_reasoning)):
            _put_points(tree, apart, cell.student, cell.arm, f"over_{style}", cell.family)
    for kept in view.kept_gains:
        if same_training(view.summary, kept.student, kept.arm) is not None:
            # Another arm's training under a second name keeps nothing that was measured.
            _put(tree, 1.0, kept.student, kept.arm, "same_training")
            continue
        for name, value in (("share", kept.value), ("low", kept.low), ("high", kept.high)):
            _put(tree, value, kept.student, kept.arm, "gain_kept", name)
    for one in view.control_verdicts:
        for style, sized, stands, p_value in (
            ("ift", one.to_ift, one.over_ift, one.adjusted_to_ift),
            ("reasoning", one.to_reasoning, one.over_reasoning, one.adjusted_to_reasoning),
        ):
            at = ("all_sizes", one.arm, f"over_{style}", "all_families")
            _put_points(tree, sized.mean, *at)
            if p_value is not None:
                _put(tree, _SIGNS[stands], *at, "decided")
    return tree


def _sampler_changes(view: StudyView) -> dict[str, Any]:
    """How many points the gain of reasoning changes by with a sampler, with the interval."""
    found: dict[str, Any] = {}
    for one in view.sampler_changes:
        plain, cell = (group.cells[0] for group in one.greedy.pair)
        _put_points(found, one.change, cell.student, cell.arm, plain.arm, cell.family)
    return found


def _vote_counts(every: Sequence[VoteComparison]) -> dict[str, dict[str, int]]:
    """How votes stand to one reasoning answer, by how often they read their prompt."""
    counts = {}
    for reading in dict.fromkeys(one.prompt for one in every):
        found = count_directions(one.direction for one in every if one.prompt == reading)
        counts[_reading(reading)] = {
            "votes_ahead": found.ahead,
            "reasoning_ahead": found.behind,
            "undecided": found.undecided,
        }
    return counts


def _reading(prompt: str) -> str:
    return f"prompt_read_{prompt.replace(' ', '_')}"


class _Interval(Protocol):
    """A difference of fractions with the ends of its interval."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def _put_points(tree: dict[str, Any], found: _Interval, *keys: str) -> None:
    for name, share in (("points", found.value), ("low", found.low), ("high", found.high)):
        _put(tree, None if share is None else 100 * share, *keys, name)


def _put(tree: dict[str, Any], value: float | None, *keys: str) -> None:
    if value is None:
        return
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = four_figures(value)


def four_figures(value: float) -> float:
    """So that `dvc metrics diff` shows changes and not the last bits of a sum."""
    return float(f"{value:.4g}")
