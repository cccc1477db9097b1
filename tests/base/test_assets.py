"""The committed tabletop bases are what their cards say."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from breakeven.base.model_card import readme
from breakeven.base.tabletop import RECIPES
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.files import digest_file
from breakeven.models.loading import load_base, load_tokenizer

ASSETS = Path(__file__).parents[2] / "assets/tabletop"
NAMES = list(TABLETOP_SHAPES)


def card(name):
    return json.loads((ASSETS / name / "card.json").read_text())


def test_all_together_are_at_most_eight_megabytes():
    total = sum(path.stat().st_size for path in ASSETS.rglob("*.safetensors"))
    assert 4_000_000 < total <= 8_000_000
    assert sorted(path.name for path in ASSETS.iterdir() if path.is_dir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_digest_settings_and_readme_agree_with_the_card(name):
    base = card(name)
    assert digest_file(ASSETS / name / "model.safetensors") == base["weights_sha256"]
    parts = (base["before"], base)
    for part, settings in zip(parts, RECIPES[name], strict=True):
        assert part["settings"] == json.loads(json.dumps(settings.as_dict()))
        assert part["shape"] == TABLETOP_SHAPES[name]._asdict()
    assert sum(part["tokens"] for part in parts) > 6_000_000
    assert (ASSETS / name / "README.md").read_text() == readme(base)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_half_precision_and_load_as_a_model_of_that_size(name):
    stored = load_file(ASSETS / name / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert load_base(ASSETS / name, torch.float32).num_parameters() == card(name)["parameters"]


@pytest.mark.parametrize("name", NAMES)
def test_every_size_has_the_tokenizer_that_the_generators_give_today(name):
    assert load_tokenizer(ASSETS / name).get_vocab() == build_tokenizer().get_vocab()


def test_the_bases_have_learnt_their_text():
    """A guess at random costs ln 220 = 5.4 nats. The largest base has seen the fewest tokens."""
    cards = [card(name) for name in NAMES]
    before = [base["before"]["final_loss"] for base in cards]
    assert all(0.7 < loss < 1.05 for loss in before)
    # Long notes repeat themselves: a token of them is easier to foresee.
    assert all(base["final_loss"] < base["before"]["final_loss"] for base in cards)
    assert before[0] == max(before)
