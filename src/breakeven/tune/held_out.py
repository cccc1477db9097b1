"""The pairs that trials are scored on: the tune side of what an arm would learn."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import iter_rows
from breakeven.core.layout import pairs_path, prompts_path
from breakeven.core.sides import side_of
from breakeven.pairs.teacher_accuracy import gradable_item
from breakeven.params import Params
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair, iter_pairs
from breakeven.rows.prompt import Prompt

# Fewer tell rates apart only where one is hopeless.
FEWEST_PAIRS = 8


class HeldOut(NamedTuple):
    """Pairs that no trial learns, and the items that those with a reference make."""

    pairs: tuple[Pair, ...]
    items: tuple[Item, ...]


def held_out(params: Params, corpora: Sequence[str], most: int) -> HeldOut:
    """At most `most` pairs of the corpora's tune side, the same ones every time.

    Test items are never among them: the pairs stage has dropped what is near one.

    Raises:
        InputError: a corpus has not been made, or has too few pairs on its tune side.
    """
    kept = [pair for name in corpora for pair in iter_pairs(pairs_path(name))]
    kept = [pair for pair in kept if side_of(pair.content) == "tune"]
    if len(kept) < FEWEST_PAIRS:
        raise InputError(
            f"params.yaml: corpora.{corpora[0]}: {len(kept)} of its pairs are on the tune side, "
            f"{FEWEST_PAIRS} are needed; add prompts to its sources"
        )
    if len(kept) > most:
        places = random.Random(len(kept)).sample(range(len(kept)), most)  # noqa: S311 - a draw
        kept = [kept[place] for place in sorted(places)]
    wanted = {(pair.source, pair.id) for pair in kept}
    sources = dict.fromkeys(pair.source for pair in kept)
    prompts = (one for name in sources for one in iter_rows(prompts_path(name), Prompt))
    asked = [one for one in prompts if (one.source, one.id) in wanted]
    items = (gradable_item(one) for one in asked)
    return HeldOut(tuple(kept), tuple(item for item in items if item is not None))
