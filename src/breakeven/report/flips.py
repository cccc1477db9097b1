"""A small student that thinks against a larger one that does not: cheaper on which axis?"""

from collections.abc import Mapping
from typing import NamedTuple

from breakeven.findings.contrasts import Contrast, group_difference
from breakeven.findings.equal_cost import cost_words
from breakeven.findings.groups import Group
from breakeven.findings.verdicts import ANSWERING
from breakeven.report.leads import leads_over
from breakeven.report.view import PanelKey, StudyView
from breakeven.words import times


class CostPair(NamedTuple):
    """Reasoning at a smaller size, IFT at a larger one, both learnt from the panel's corpus.

    `ratios` is what a query of the first costs over one of the second, by cost; `difference` is
    reasoning minus IFT in accuracy, which nothing here decides on.
    """

    key: PanelKey
    reasoning: Group
    plain: Group
    difference: Contrast
    ratios: Mapping[str, float]

    @property
    def flips(self) -> bool:
        """Whether one is cheaper on an axis and dearer on another."""
        return min(self.ratios.values()) < 1 < max(self.ratios.values())


def cost_pairs(view: StudyView) -> tuple[CostPair, ...]:
    """Every such pair, panel by panel, with the costs that are known of both.

    Empty where nothing is known of where answers are served: FLOPs alone cannot turn.
    """
    axes = [axis.name for axis in view.results.axes]
    found = []
    for key in view.panels if axes else ():
        groups = view.panel_groups(key)
        for reasoning in (one for one in groups if one.cells[0].style == "reasoning"):
            for plain in (one for one in groups if one.cells[0].style == "ift"):
                if _is_smaller(reasoning, plain) and (ratios := _ratios(reasoning, plain, axes)):
                    difference = group_difference(view.scored, reasoning, plain)
                    found.append(CostPair(key, reasoning, plain, difference, ratios))
    return tuple(found)


def flips_in_words(pairs: tuple[CostPair, ...]) -> str:
    """In how many pairs the ranking turns, with the plainest example."""
    turned = [pair for pair in pairs if pair.flips]
    text = f"In {len(turned)} of {len(pairs)} pairs the cheaper one depends on what is counted"
    if not turned:
        return f"{text}."
    pair = max(turned, key=lambda one: max(one.ratios.values()) / min(one.ratios.values()))
    low, high = (end(pair.ratios, key=pair.ratios.__getitem__) for end in (min, max))
    # Cheaper is no gain where it is less accurate; each interval is that of its pair alone.
    ahead = [
        one.plain.cells[0].arm
        for one in turned
        if one.difference.low is not None and one.difference.low > 0
    ]
    leads = leads_over(ahead, [one.plain.cells[0].arm for one in turned])
    return (
        f"{text}. On {pair.key.title} {pair.reasoning.label} costs "
        f"{times(pair.ratios[low])} times {pair.plain.label} by {cost_words(low)}, and "
        f"{times(pair.ratios[high])} times by {cost_words(high)}. Of these {len(turned)} the one "
        f"that thinks is more accurate, beyond its interval, in {len(ahead)}"
        f"{f' ({leads})' if leads else ''}."
    )


def _is_smaller(one: Group, other: Group) -> bool:
    return one.size_b is not None and other.size_b is not None and one.size_b < other.size_b


def _ratios(reasoning: Group, plain: Group, axes: list[str]) -> dict[str, float]:
    ratios = {}
    for cost in (ANSWERING, *axes):
        dear, cheap = reasoning.mean(cost), plain.mean(cost)
        if dear is not None and cheap:
            ratios[cost] = dear / cheap
    # One cost alone says nothing of a turn.
    return ratios if len(ratios) > 1 else {}
