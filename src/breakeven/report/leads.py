"""What counts of leads leave out: which plain arms they are over, and how many are extrapolated."""

from collections.abc import Collection, Iterable, Sequence

from breakeven.findings.matched import MatchedComparison

# Of more plain arms than these a sentence names none: it would be a list.
MOST_PLAIN = 3


def matched_leads(matched: Sequence[MatchedComparison]) -> str:
    """Of comparisons at equal cost: how many are extrapolated, and over whom reasoning leads."""
    outside = sum(one.at.extrapolated for one in matched)
    parts = (
        f"{outside} of them {'is' if outside == 1 else 'are'} extrapolated" if outside else "",
        leads_over(
            [plain_arm(one) for one in matched if one.direction == "ahead"], map(plain_arm, matched)
        ),
    )
    return "; ".join(filter(None, parts))


def leads_over(leads: Collection[str], every: Iterable[str]) -> str:
    """The plain arms that are led, where others of those compared are not; else empty.

    `leads` has the plain arm of each lead, `every` that of each comparison.
    """
    led = dict.fromkeys(leads)
    others = [arm for arm in dict.fromkeys(every) if arm not in led]
    if not led or not others:
        return ""
    number = "the lead is" if len(leads) == 1 else f"all {len(leads)} leads are"
    return f"{number} over {_arms(list(led))}, none over {_arms(others)}"


def plain_arm(one: MatchedComparison) -> str:
    """The plain arm that a comparison is with."""
    return one.at.curve[0][1].cells[0].arm


def _arms(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_PLAIN else f"{len(names)} other plain arms"
