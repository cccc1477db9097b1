"""A params file with prices of tokens, as `costs.token_prices` states them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def priced_study(folder: Path, prices: Mapping[str, Mapping[str, float]], **sections: Any) -> Path:
    """The study that tests lay out with these prices, in euros; `sections` stand in for its own."""
    tree = yaml.safe_load((Path(__file__).parent / "study.yaml").read_text())
    costs = {"currency": "EUR", "token_prices": dict(prices)}
    path = folder / "priced.yaml"
    path.write_text(yaml.safe_dump({**tree, "costs": costs, **sections}))
    return path
