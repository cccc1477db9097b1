"""A tiny study whose prompts, completions, pairs and tasks the stages have made."""

from pathlib import Path

import pytest
from tests.train.conftest import base_files, lay_out, tokenizer
from tests.tune.study import study_params

from breakeven.distill import stage as distill
from breakeven.pairs import stage as pairs
from breakeven.params import Params
from breakeven.prompts import stage as prompts
from breakeven.tasks import stage as tasks

__all__ = ["base_files", "tokenizer"]


@pytest.fixture
def study(project: Path, base_files: Path) -> Params:
    """The params of a project with everything that comes before training."""
    lay_out(project, base_files)
    params = study_params()
    (project / "params.yaml").write_text(params.model_dump_json())
    tasks.run(params, "chain-open")
    prompts.run(params, "chain")
    for style in ("ift", "reasoning"):
        distill.run(params, "chain", style)
    pairs.run(params, "general")
    return params
