"""Params of a study small enough to tune in a test."""

from typing import Any

from tests.train.tiny import make_params

from breakeven.params import Params


def study_params(**arms: dict[str, Any]) -> Params:
    """One size, one source of chains, and a corpus that keeps its tune side."""
    tree = make_params(arms=arms).model_dump(mode="json")
    tree["sources"]["chain"] |= {"prompts": 160, "max_depth": 3}
    tree["corpora"]["general"]["tuning"] = True
    tree["tasks"]["chain-open"]["items"] = 40
    return Params.model_validate(tree)
