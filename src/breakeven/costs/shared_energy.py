"""Energy that was metered for several things together, and what each of them took of it."""

from collections.abc import Mapping


def joules_of_seconds(
    joules: float | None, seconds: float | None, all_seconds: Mapping[str, float]
) -> float | None:
    """What so many of a record's device-seconds took of its joules; None where one is not known.

    Counters tell one number for all that ran. Watts are taken to have been the same throughout, so
    that the joules of a part are those of its share of the device-seconds (`all_seconds`, by kind
    of device), with its share of what loading took.
    """
    total = sum(all_seconds.values())
    if joules is None or seconds is None or not total:
        return None
    return joules * seconds / total
