"""Everything that is decided about one set of results, decided once.

A report prints many tests: claims, style differences by family and by task, comparisons at equal
cost (FLOPs, and money and seconds where answers are served), votes, the gain on serial tasks,
differences to the untrained base, levelling off. All of them are one family for Holm's correction,
so the chance that sampling error alone decides anything wrongly of the styles is at most 5%. What
controls and other decodings show is a question of its own, and a family of its own: adding one
changes nothing that is said of the styles. Headline, tables, claims and metrics read what is
decided here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from breakeven.findings.baselines import BaselineCheck, Guess, baseline_checks
from breakeven.findings.claim_sizes import sizes_outside
from breakeven.findings.claims import CLAIMS
from breakeven.findings.controls import ControlVerdict, control_comparisons, control_verdicts
from breakeven.findings.decodings import DecodingChange, decoding_changes, other_decodings
from breakeven.findings.differences import Difference, family_differences, task_differences
from breakeven.findings.direction import ALPHA, DirectionCounts, count_directions
from breakeven.findings.equal_cost import COST_WORDS, EqualCost
from breakeven.findings.groups import groups_of
from breakeven.findings.levelling import LevellingCheck
from breakeven.findings.matched import MatchedComparison, key_of, matched_comparisons
from breakeven.findings.matched_budgets import ArmMatch, MatchedDifference, matched_differences
from breakeven.findings.outcome import Outcome
from breakeven.findings.scored_results import ScoredResults
from breakeven.findings.serial_gains import SerialGains, serial_gains
from breakeven.findings.verdicts import (
    Verdict,
    decided,
    outcomes,
    outcomes_on,
    two_sided,
    verdict_of,
)
from breakeven.findings.votes import VoteComparison, vote_comparisons


@dataclass(frozen=True)
class Findings:
    """What was decided, all of it after one correction.

    `matched` maps a cost to its comparisons, `votes` are those of several plain answers with one
    of reasoning, `guards` those of every group with its untrained base, and with chance, which is
    a caution and is not corrected, `budgets` those of arms with one training budget, `levelling`
    those of a budget with half of it. `comparisons` were corrected together, of which `decided`
    came out; an undecided one had to reach a p of `level`. `seed_reason` says what no interval of
    these results contains where training seeds do not tell, else it is None. `controls` are those
    of a control with both styles and `decodings` those of a decoding with the first: of these
    `beside` were corrected together.
    """

    claims: tuple[Verdict, ...]
    families: tuple[Difference, ...]
    tasks: tuple[Difference, ...]
    matched: Mapping[str, tuple[MatchedComparison, ...]]
    serial: tuple[SerialGains, ...]
    votes: tuple[VoteComparison, ...]
    guards: tuple[BaselineCheck, ...]
    budgets: tuple[MatchedDifference, ...]
    levelling: tuple[LevellingCheck, ...]
    comparisons: int
    decided: int
    level: float
    seed_reason: str | None
    controls: tuple[ControlVerdict, ...]
    decodings: tuple[DecodingChange, ...]
    beside: int

    def direction_counts(self, cost: str = "inference_flops") -> DirectionCounts:
        """How the comparisons at equal cost came out."""
        return count_directions(one.direction for one in self.matched[cost])

    @property
    def together(self) -> str:
        """What the correction runs over, in words behind "at 5%"."""
        return _corrected_over(self.comparisons, "this report")

    @property
    def together_beside(self) -> str:
        """The same of the tests of controls and decodings."""
        return _corrected_over(self.beside, "controls and other decodings")

    def claim(self, name: str) -> Verdict:
        """The verdict on a claim; raises KeyError where it was not judged."""
        found = {verdict.id: verdict for verdict in self.claims}
        return found[name]


def _corrected_over(tests: int, where: str) -> str:
    if not tests:
        return "(here nothing could be tested)"
    if tests == 1:
        return f"as the only test of {where}"
    return f"for all {tests} tests of {where} together (Holm)"


@dataclass(frozen=True)
class _Corrected:
    """Holm over the whole report: adjusted p by the name of a test."""

    adjusted: Mapping[str, float | None]
    level: float
    decided: int

    def of(self, key: str) -> float | None:
        return self.adjusted.get(key)


def corrected_findings(
    scored: ScoredResults,
    *,
    decoding: str | None = None,
    depths: Mapping[str, bool | None] | None = None,
    guesses: Mapping[str, Guess] | None = None,
    matches: Sequence[ArmMatch] = (),
    levelling: Sequence[LevellingCheck] = (),
    repeated: Collection[tuple[str, str]] = (),
    seed: int = 0,
) -> Findings:
    """Test, correct and decide.

    Only one decoding is judged, the results' first unless named, and each other one against it.
    `depths` says of a task whether it takes serial steps, `guesses` what a guess gets there,
    `matches` which arms were given one budget, `levelling` what was tried of budgets, `repeated`
    which students and arms are another arm's training. `seed` is that of tests by random signs.
    """
    every_decoding, scored = scored, scored.of_decoding(decoding)
    tried = outcomes(scored, CLAIMS)
    families = family_differences(scored, seed)
    tasks = task_differences(scored, depths or {}, seed)
    axes = scored.results.judged_costs
    moved = {axis: outcomes_on(scored, CLAIMS, axis) for axis in axes}
    matched = {cost: matched_comparisons(scored, cost) for cost in (*COST_WORDS, *axes)}
    serial = serial_gains(scored, depths or {})
    votes, guards = vote_comparisons(scored), baseline_checks(scored, depths or {}, guesses or {})
    budgets = matched_differences(scored, matches, seed)
    controls = control_verdicts(scored, control_comparisons(scored), repeated)
    decodings = decoding_changes(
        every_decoding, other_decodings(every_decoding, groups_of(scored.results.cells))
    )
    corrected = _correct(
        {
            **{f"claim|{name}": two_sided(one) for name, one in tried.items()},
            **{
                _moved_key(name, axis, one, tried[name]): two_sided(one)
                for axis, every in moved.items()
                for name, one in every.items()
            },
            # A family of one task has its task's key, so that Holm counts one test once.
            **{row.key: row.p_value for row in (*tasks, *families)},
            **{one.key: one.p_value for every in matched.values() for one in every},
            **{key: gain.p_value for one in serial for key, gain in one.gains.items()},
            **{one.key: one.p_value for one in votes},
            **{one.key: one.p_value for one in guards if one.against == "base"},
            # Most are differences of styles too, and have their keys.
            **{one.difference.key: one.difference.p_value for one in budgets},
            **{name: p for one in levelling for name, p in one.tests.items()},
        }
    )
    beside = _correct(
        {
            **{name: p for one in controls for name, p in one.tests.items()},
            **{one.key: one.change.mean.two_sided_p for one in decodings},
        }
    )
    compared = {
        cost: tuple(one.corrected(corrected.of(one.key)) for one in every)
        for cost, every in matched.items()
    }
    by_key = {one.key: one.direction for every in compared.values() for one in every}

    def count_of(every: Sequence[EqualCost]) -> DirectionCounts:
        return count_directions(by_key[key_of(at)] for at in every)

    verdicts = tuple(
        verdict_of(
            claim,
            tried[claim.id],
            corrected.of(f"claim|{claim.id}"),
            corrected.level,
            count_of=count_of,
            other_sizes=sizes_outside(scored.results, claim) if tried[claim.id].tested else None,
            on_axes={
                axis: decided(
                    every[claim.id],
                    corrected.of(_moved_key(claim.id, axis, every[claim.id], tried[claim.id])),
                )
                for axis, every in moved.items()
                if claim.id in every and every[claim.id].tested
            },
        )
        for claim in CLAIMS
    )
    rows = [
        tuple(row.corrected(corrected.of(row.key), corrected.level) for row in part)
        for part in (families, tasks)
    ]
    return Findings(
        verdicts,
        rows[0],
        rows[1],
        compared,
        tuple(one.corrected(corrected.adjusted, corrected.level) for one in serial),
        tuple(one.corrected(corrected.of(one.key)) for one in votes),
        tuple(one.corrected(corrected.of(one.key)) for one in guards),
        tuple(one.corrected(corrected.of(one.difference.key), corrected.level) for one in budgets),
        tuple(one.corrected(corrected.of) for one in levelling),
        len(corrected.adjusted),
        corrected.decided,
        corrected.level,
        _seed_reason(rows[0]),
        tuple(one.corrected(beside.adjusted) for one in controls),
        tuple(one.corrected(beside.of(one.key)) for one in decodings),
        len(beside.adjusted),
    )


def _moved_key(name: str, axis: str, moved: Outcome, own: Outcome) -> str:
    """A claim's test on another axis: the test that it is already, where students rank alike."""
    same = (moved.p_supported, moved.p_contradicted) == (own.p_supported, own.p_contradicted)
    return f"claim|{name}" if same else f"claim|{name}|{axis}"


def _correct(p_values: Mapping[str, float | None]) -> _Corrected:
    """Holm over all tests that were made; what could not be tested does not count."""
    from breakeven.statistics.multiple import holm

    # What could not be tested cannot be wrong, and would only cost the others their power.
    tested = {key: p for key, p in p_values.items() if p is not None}
    adjusted = {key: one.adjusted_p_value for key, one in holm(tested, ALPHA).items()}
    decided = sum(p is not None and p <= ALPHA for p in adjusted.values())
    # Holm stops at the first that fails: every one left undecided failed against this.
    level = ALPHA / max(1, len(adjusted) - decided)
    return _Corrected(adjusted, level, decided)


def _seed_reason(rows: Sequence[Difference]) -> str | None:
    """What is said of the seeds of most differences; None where they are part of the error."""
    known = [row.seed_reason for row in rows if row.low is not None]
    return next((reason for reason in known if reason is not None), None)
