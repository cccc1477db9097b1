"""`metrics.json`: what `dvc metrics show` and `diff` print, four figures a number."""

import math
from collections.abc import Sequence
from typing import Any

from breakeven.findings.direction import count_directions
from breakeven.findings.gain_law import LAW_TERMS
from breakeven.findings.outcome import ClaimDecision
from breakeven.findings.votes import VoteComparison
from breakeven.report.curves import cost_panels
from breakeven.report.interval_scope import fewest_and_most_seeds
from breakeven.report.pass_tables import worth_of_styles
from breakeven.report.view import StudyView
from breakeven.rows.outcomes import OUTCOMES

# As numbers, which is all that DVC and MLflow chart.
_VERDICTS: dict[ClaimDecision, int] = {"supported": 1, "undecidable here": 0, "contradicted": -1}


def metrics(view: StudyView) -> dict[str, Any]:
    """Nested by student, arm and family, so that DVC names a number `accuracy.t2m.ift.math-mc`.

    A number that is not known is left out: DVC would show it as one that went to zero.
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
    panels = cost_panels(view, "inference", fits=False)
    gain: dict[str, Any] = {}
    for row in view.findings.families:
        where = (row.student, row.arm, row.family)
        for name, value in (("points", row.value), ("low", row.low), ("high", row.high)):
            _put(gain, None if value is None else 100 * value, *where, name)
    votes: dict[str, Any] = {}
    for curve in view.vote_curves:
        cell = curve.group.cells[0]
        for name, taken in (("maj", curve.shown), ("pass", curve.passes)):
            for samples, group in taken.items():
                keys = (curve.decoding, cell.student, cell.arm, cell.family)
                _put(votes, group.accuracy, *keys, f"{name}_at_{samples}")
    counts = view.findings.direction_counts("inference_flops")
    return {
        "accuracy": accuracy,
        "above": _baselines(view),
        **outcomes,
        "training_seeds": fewest_and_most_seeds(view)[0],
        "gain": gain,
        "sampled_minus_greedy_gain": _sampler_changes(view),
        "cost": costs,
        # What could not be tested is left out; 0 is a test that decided nothing.
        "claims": {
            verdict.id: _VERDICTS[verdict.verdict]
            for verdict in view.findings.claims
            if verdict.verdict != "undecidable here" or verdict.p_value is not None
        },
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
        "right_answer_without": _worths(view),
        "router": _routers(view),
        "law": _law(view),
        # Without controls there is nothing to tell of them.
        **({"controls": _controls(view)} if view.control_comparisons else {}),
    }


def _worths(view: StudyView) -> dict[str, Any]:
    """How many times dearer a right answer gets without a style, by panel."""
    tree: dict[str, Any] = {}
    for one in worth_of_styles(view):
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
    return tree


def _baselines(view: StudyView) -> dict[str, Any]:
    """Points above chance, and above the untrained base (by its name), with their intervals."""
    found: dict[str, Any] = {}
    for one in view.findings.guards:
        cell = one.group.cells[0]
        against = "chance" if one.against == "chance" else one.name
        for name, value in zip(("points", "low", "high"), one.lead, strict=True):
            points = None if value is None else 100 * value
            _put(found, points, against, cell.student, cell.arm, cell.family, name)
    return found


def _equal_training(view: StudyView) -> dict[str, Any]:
    """Points between two arms of one training budget, and what one used over the other."""
    found: dict[str, Any] = {}
    for one in view.findings.budgets:
        row = one.difference
        where = (row.student, row.arm, row.ift_arm)
        _put(found, one.match.ratio, *where, "used_ratio")
        for name, value in (("points", row.value), ("low", row.low), ("high", row.high)):
            _put(found, None if value is None else 100 * value, *where, row.family, name)
    return found


def _routers(view: StudyView) -> dict[str, Any]:
    """By student and arm: the oracle's accuracy, and each router's mean gain over mixing."""
    tree: dict[str, Any] = {}
    for one in view.routings:
        where = (one.student, one.arm)
        if one.oracle is not None:
            _put(tree, one.oracle.accuracy, *where, "oracle_bound")
        for router in one.routers:
            mean, name = router.mean_gain, router.reads.replace(" ", "_")
            for key, value in (("points", mean.value), ("low", mean.low), ("high", mean.high)):
                _put(tree, None if value is None else 100 * value, *where, name, key)
    return tree


def _controls(view: StudyView) -> dict[str, Any]:
    """By student and control: points over both styles by family, and the share of the gain kept."""
    tree: dict[str, Any] = {}
    for one in view.control_comparisons:
        cell = one.control.cells[0]
        for style, apart in (("ift", one.over_ift), ("reasoning", one.over_reasoning)):
            for name, value in (("points", apart.value), ("low", apart.low), ("high", apart.high)):
                points = None if value is None else 100 * value
                _put(tree, points, cell.student, cell.arm, f"over_{style}", cell.family, name)
    for kept in view.kept_gains:
        for name, value in (("share", kept.value), ("low", kept.low), ("high", kept.high)):
            _put(tree, value, kept.student, kept.arm, "gain_kept", name)
    return tree


def _sampler_changes(view: StudyView) -> dict[str, Any]:
    """How many points the gain of reasoning changes by with a sampler, with the interval."""
    found: dict[str, Any] = {}
    for one in view.sampler_changes:
        cell, change = one.greedy.pair.reasoning.cells[0], one.change
        for name, value in (("points", change.value), ("low", change.low), ("high", change.high)):
            points = None if value is None else 100 * value
            _put(found, points, cell.student, cell.arm, cell.family, name)
    return found


def _vote_counts(every: Sequence[VoteComparison]) -> dict[str, dict[str, int]]:
    """How votes stand to one reasoning answer, by how often they read their prompt."""
    counts = {}
    for reading in dict.fromkeys(one.prompt for one in every):
        found = count_directions(one.direction for one in every if one.prompt == reading)
        counts[f"prompt_read_{reading.replace(' ', '_')}"] = {
            "votes_ahead": found.ahead,
            "reasoning_ahead": found.behind,
            "undecided": found.undecided,
        }
    return counts


def _put(tree: dict[str, Any], value: float | None, *keys: str) -> None:
    if value is None:
        return
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    # Four figures, so that `dvc metrics diff` shows changes and not the last bits of a sum.
    tree[keys[-1]] = float(f"{value:.4g}")
