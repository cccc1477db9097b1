"""How far the gain of reasoning hangs on greedy decoding, in numbers."""

from breakeven.report.figures.sensitivity import NO_PAIR, TITLE, change_row
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import percent, percent_interval, points_interval


def sensitivity_table(view: StudyView) -> Table:
    """Every pair of styles that was asked in both decodings."""
    name, changes = "sensitivity", view.sampler_changes
    if not changes:
        return absent_table(name, TITLE, NO_PAIR)
    greedy, sampled = (
        side.pair.ift.cells[0].decoding for side in (changes[0].greedy, changes[0].sampled)
    )
    return Table(
        name,
        TITLE,
        f"Decodings {greedy} and {sampled}. Gains are reasoning minus IFT in points; the change is "
        "the sampled gain minus the greedy one on the same questions, with its own interval. "
        "Looping: shares of IFT and of reasoning answers that end in a loop. Each interval is held "
        "at 95% by itself: this shows what hangs on the decoding, and is no finding. "
        f"{scope_sentence(view)}",
        (
            "family",
            "student",
            "arms",
            "gain, greedy",
            "gain, sampled",
            "change",
            "IFT looping, greedy",
            "IFT looping, sampled",
            "looping, greedy",
            "looping, sampled",
        ),
        tuple(
            (
                (cell := one.greedy.pair.reasoning.cells[0]).family,
                cell.student,
                f"{cell.arm} − {one.greedy.pair.ift.cells[0].arm}",
                *(
                    points_interval(found.value, found.low, found.high)
                    for found in (one.greedy.gain, one.sampled.gain, one.change)
                ),
                *map(
                    _share,
                    (
                        one.greedy.ift_looping,
                        one.sampled.ift_looping,
                        one.greedy.reasoning_looping,
                        one.sampled.reasoning_looping,
                    ),
                ),
            )
            for one in changes
        ),
        tuple(change_row(one) for one in changes),
        about={
            f"{what}, {word}": {"decoding": (decoding,)}
            for what in ("gain", "IFT looping", "looping")
            for word, decoding in (("greedy", greedy), ("sampled", sampled))
        }
        | {"change": {"decoding": (sampled,)}},
    )


def _share(found: Estimate | None) -> str:
    return percent(None) if found is None else percent_interval(found.value, found.low, found.high)
