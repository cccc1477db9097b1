"""Results arranged as the report reads them: panels, arms, groups over seeds, bootstrap draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.accuracies import accuracy_estimate
from breakeven.findings.controls import (
    ControlComparison,
    ControlVerdict,
    KeptGain,
    control_comparisons,
    kept_gains,
)
from breakeven.findings.corrected import Findings, corrected_findings
from breakeven.findings.decodings import DecodingChange, OtherDecoding, other_decodings
from breakeven.findings.gain_law import LawFinding, gain_law
from breakeven.findings.groups import Group, groups_of
from breakeven.findings.levelling import LevellingCheck, levelling_of_arms, levelling_of_trials
from breakeven.findings.modes import GroupModes, group_modes
from breakeven.findings.query_spread import QuerySpread, query_spreads
from breakeven.findings.routers import Routing, routings
from breakeven.findings.sampling import SamplerChange, sampler_changes
from breakeven.findings.scored_results import ScoredResults, resampled_accuracies, scored_results
from breakeven.findings.votes import VoteCurve, vote_curves
from breakeven.params import RESULT_STYLES, ResultStyle
from breakeven.report.lifetimes import LifetimeAxis, even_queries, lifetime_axes
from breakeven.results.cell_results import Results
from breakeven.statistics.estimates import Estimate
from breakeven.study.repeated_training import repeated_trainings
from breakeven.study.summary import StudySummary
from breakeven.words import STYLE_COLOURS, STYLE_MARKERS, size_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ArmView(NamedTuple):
    """An arm as it is drawn: colour and marker by style, further arms of a style other markers."""

    name: str
    style: ResultStyle
    corpus: str | None
    colour: str
    marker: str


class PanelKey(NamedTuple):
    """One panel of a figure: a family, and the corpus where the study has several."""

    corpus: str | None
    family: str
    title: str


class FamilyDraws(NamedTuple):
    """Bootstrap draws of family scores: `draws` is (draws, groups), columns by group."""

    column: Mapping[Group, int]
    draws: "NDArray[np.float64]"

    def of(self, chosen: Sequence[Group]) -> "NDArray[np.float64]":
        """(draws, chosen groups)."""
        return self.draws[:, [self.column[group] for group in chosen]]


@dataclass(frozen=True)
class StudyView:
    """One study of one decoding, made once and read by every figure and table."""

    results: Results
    summary: StudySummary
    scored: ScoredResults
    decoding: str

    @cached_property
    def findings(self) -> Findings:
        """What is decided of these results; every sentence, table and metric reads it here."""
        return corrected_findings(
            self.scored,
            decoding=self.decoding,
            depths=self.summary.depths,
            guesses=self.summary.guesses,
            matches=self.summary.budget_matches,
            levelling=self._levelling(),
            repeated=repeated_trainings(self.summary),
            seed=self.summary.settings.seed,
        )

    @cached_property
    def routings(self) -> tuple[Routing, ...]:
        """Both styles of each student by question: the bound, and learned routers."""
        return routings(self.scored, decoding=self.decoding)

    @cached_property
    def law(self) -> LawFinding:
        """How the gain goes with size, serial depth and extra tokens."""
        settings = self.summary.settings
        return gain_law(
            self.scored, decoding=self.decoding, draws=settings.draws, seed=settings.seed
        )

    @cached_property
    def accuracies(self) -> Mapping[Group, Estimate]:
        """The accuracy of every group with its interval, family by family."""
        return {group: accuracy_estimate(self.scored, group) for group in self.every_group}

    @cached_property
    def query_spreads(self) -> Mapping[Group, QuerySpread]:
        """What a query of every group takes on average and at its tail; by item alone."""
        own = frozenset(self.every_group)
        return {group: one for group, one in self.decoded_spreads.items() if group in own}

    @cached_property
    def decoded_spreads(self) -> Mapping[Group, QuerySpread]:
        """The same of every group in each decoding."""
        views = (self, *self.in_other_decodings.values())
        return query_spreads(self.scored, [group for one in views for group in one.every_group])

    @cached_property
    def in_other_decodings(self) -> "Mapping[str, StudyView]":
        """The same study seen in each of its other decodings; votes of samples are none."""
        every = (cell.decoding for cell in self.results.cells if cell.of_samples is None)
        return {
            decoding: replace(self, decoding=decoding)
            for decoding in dict.fromkeys(every)
            if decoding != self.decoding
        }

    @cached_property
    def lifetime_queries(self) -> float | None:
        """Over a life of so many queries training and answers weigh about the same."""
        return even_queries(self.every_group)

    @cached_property
    def lifetime_axes(self) -> tuple[LifetimeAxis, ...]:
        """Lifetime money of every group in each decoding, wherever there is a price."""
        views = (self, *self.in_other_decodings.values())
        groups = [group for one in views for group in one.every_group]
        return lifetime_axes(groups, self.results, self.summary, self.lifetime_queries)

    @cached_property
    def vote_curves(self) -> tuple[VoteCurve, ...]:
        """What the samples of every group's student and arm come to, family by family."""
        return tuple(
            curve for group in self.every_group for curve in vote_curves(self.results, group)
        )

    @cached_property
    def vote_accuracies(self) -> Mapping[Group, Estimate]:
        """The accuracy of every vote, and of any of its samples, with its interval."""
        every = (g for one in self.vote_curves for g in (*one.shown.values(), *one.passes.values()))
        return {group: accuracy_estimate(self.scored, group) for group in every}

    @cached_property
    def control_comparisons(self) -> tuple[ControlComparison, ...]:
        """Every control beside the two styles that it is a control of, family by family.

        In the order of params.yaml, where that is known.
        """
        order = {row.name: place for place, row in enumerate(self.summary.arms)}
        families = self.results.families()

        def place(one: ControlComparison) -> tuple[int, int]:
            cell = one.control.cells[0]
            return families.index(cell.family), order.get(cell.arm, len(order))

        # Stable: the sizes of a control stay in their order.
        return tuple(sorted(control_comparisons(self.scored, decoding=self.decoding), key=place))

    @cached_property
    def kept_gains(self) -> tuple[KeptGain, ...]:
        """The share of reasoning's gain that each control keeps, by student and arm."""
        return kept_gains(self.scored, self.control_comparisons)

    @cached_property
    def control_verdicts(self) -> tuple[ControlVerdict, ...]:
        """What was decided of each control, in the order of params.yaml."""
        order = list(dict.fromkeys(one.control.cells[0].arm for one in self.control_comparisons))
        return tuple(sorted(self.findings.controls, key=lambda one: order.index(one.arm)))

    @cached_property
    def sampler_changes(self) -> tuple[SamplerChange, ...]:
        """Every pair of styles under greedy decoding and under a sampler."""
        return sampler_changes(self.scored, self.summary.samplers)

    @cached_property
    def other_decodings(self) -> tuple[OtherDecoding, ...]:
        """Every group in every other decoding that asked its arm, family by family."""
        return other_decodings(self.scored, self.every_group)

    @cached_property
    def decoding_changes(self) -> tuple[DecodingChange, ...]:
        """What was decided of each other decoding: decoding by decoding, arms in their order."""
        decodings = list(dict.fromkeys(cell.decoding for cell in self.results.cells))
        arms = [arm.name for arm in self.arms]
        return tuple(
            sorted(
                self.findings.decodings,
                key=lambda one: (decodings.index(one.decoding), arms.index(one.arm)),
            )
        )

    @cached_property
    def decoded_accuracies(self) -> Mapping[Group, Estimate]:
        """The accuracy of every group that was asked in several decodings, in each of them."""
        return {
            group: view.accuracies[group]
            for one in self.other_decodings
            for group, view in (
                (one.first, self),
                (one.group, self.in_other_decodings[one.group.cells[0].decoding]),
            )
        }

    def _levelling(self) -> tuple[LevellingCheck, ...]:
        """What the second half of its budget brought each arm of which that is known."""
        return (
            *levelling_of_arms(self.scored, self.every_group, self.summary.budget_series),
            *levelling_of_trials(self.summary.budget_trials),
        )

    @cached_property
    def modes(self) -> tuple[GroupModes, ...]:
        """How often every group thinks, and its answers in each mode; by family, arm and size."""
        arms = [arm.name for arm in self.arms]
        every = [
            group
            for family in self.results.families()
            for group in sorted(
                self.family_groups(family), key=lambda group: arms.index(group.cells[0].arm)
            )
        ]
        return group_modes(self.scored, every)

    @cached_property
    def arms(self) -> tuple[ArmView, ...]:
        """Arms in the order base, IFT, mixed by share, reasoning, each with its marker."""
        kinds = dict.fromkeys(
            (cell.arm, cell.style, cell.corpus, cell.reasoning_share or 0.0)
            for cell in self.results.cells
        )
        ordered = sorted(kinds, key=lambda arm: (_ORDER[arm[1]], arm[3], arm[0]))
        views, used = [], dict.fromkeys(RESULT_STYLES, 0)
        for name, style, corpus, _ in ordered:
            markers = STYLE_MARKERS[style]
            # One arm more than markers begins again with the first: the legend tells by name.
            marker = markers[used[style] % len(markers)]
            used[style] += 1
            views.append(ArmView(name, style, corpus, STYLE_COLOURS[style], marker))
        return tuple(views)

    @cached_property
    def panels(self) -> tuple[PanelKey, ...]:
        """Every (corpus, family) with cells; the corpus is named where there are several.

        A corpus that only controls learnt from has none, nor has a family that no arm of the corpus
        was taught while others were: there is nothing to see there, and much of it.
        """
        # Two corpora are two trainings: on one panel they would look like rivals in style.
        corpora = self.results.corpora() or (None,)
        return tuple(
            PanelKey(corpus, family, f"{family} · {corpus}" if len(corpora) > 1 else family)
            for corpus in corpora
            for family in self.results.families()
            if self._has_panel(PanelKey(corpus, family, ""))
        )

    def _has_panel(self, panel: PanelKey) -> bool:
        every = self.panel_groups(panel)
        own = [group for group in every if group.cells[0].corpus == panel.corpus]
        return bool(every) and not (own and all(group.cells[0].untaught for group in own))

    def panel_arms(self, panel: PanelKey) -> tuple[ArmView, ...]:
        """Arms that a panel shows, in their order."""
        present = {group.cells[0].arm for group in self.panel_groups(panel)}
        return tuple(arm for arm in self.arms if arm.name in present)

    def panel_groups(self, panel: PanelKey) -> tuple[Group, ...]:
        """Groups of a panel by arm, then size; every arm of the corpus and those of none."""
        corpora = self.results.corpora()
        return tuple(
            group
            for arm in self.arms
            # An untrained arm learnt from no corpus, and a control may have learnt from one that no
            # style did: they are yardsticks in each of the others.
            if arm.corpus == panel.corpus or arm.corpus not in corpora
            for group in self.family_groups(panel.family)
            if group.cells[0].arm == arm.name
        )

    def family_groups(self, family: str) -> tuple[Group, ...]:
        """All groups of a family in the study's decoding, from the smallest student up."""
        return self._by_family.get(family, ())

    @cached_property
    def every_group(self) -> tuple[Group, ...]:
        """The groups of all families, family by family."""
        return tuple(g for family in self.results.families() for g in self.family_groups(family))

    @cached_property
    def _by_family(self) -> dict[str, tuple[Group, ...]]:
        return {
            family: tuple(
                group
                for style in RESULT_STYLES
                for group in groups_of(
                    self.results.select(style=style, family=family, decoding=self.decoding)
                )
            )
            for family in self.results.families()
        }

    def with_size(self, student: str) -> str:
        """A student with its size, where that is known and not its name: t2m (2M parameters)."""
        size = self.sizes[student]
        word = None if size is None else size_word(size)
        told = word is None or word.lower() in student.lower()
        return student if told else f"{student} ({word} parameters)"

    @cached_property
    def sizes(self) -> Mapping[str, float | None]:
        """Parameters of every student, from the smallest up; None where they are not known."""
        known = {cell.student: cell.size_parameters for cell in self.results.cells}
        return {student: known[student] for student in self.results.students()}

    def arm_label(self, arm: str) -> str:
        """How tables name an arm: a control is told from what it is a control of."""
        return f"{arm} (control)" if arm in self._controls else arm

    @cached_property
    def _controls(self) -> frozenset[str]:
        return frozenset(arm.name for arm in self.arms if arm.style == "control")

    def draws(self, family: str) -> FamilyDraws | None:
        """Paired bootstrap draws of a family's groups but controls; None without answers by item.

        They hold the seeds and items that all of its groups share, which no control may narrow.
        """
        return self._draws.get(family)

    @cached_property
    def _draws(self) -> dict[str, FamilyDraws]:
        found = {}
        for family in self.results.families():
            every = self.family_groups(family)
            draws = self._family_draws(tuple(g for g in every if g.cells[0].style != "control"))
            if draws is not None:
                found[family] = draws
        return found

    def _family_draws(self, chosen: tuple[Group, ...]) -> FamilyDraws | None:
        settings = self.summary.settings
        draws = resampled_accuracies(self.scored, chosen, settings.draws, settings.seed)
        if draws is None:
            return None
        return FamilyDraws({group: column for column, group in enumerate(chosen)}, draws)


_ORDER: dict[ResultStyle, int] = {
    "base": 0,
    "ift": 1,
    "mixed": 2,
    "reasoning": 3,
    "control": 4,
}


def view_of(results: Results, summary: StudySummary) -> StudyView:
    """Results made ready for the report, in the decoding that the run names or in their first."""
    decoding = summary.decoding or results.cells[0].decoding
    scored = scored_results(results)
    return StudyView(scored.results, summary, scored, decoding)
