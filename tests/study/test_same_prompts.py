"""Corpora of the same prompts are one corpus in comparisons, and others are not."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.conftest import base_files, lay_out, tokenizer
from tests.tune.study import study_params

from breakeven.core.records import read_record
from breakeven.distill import stage as distill
from breakeven.pairs import stage as pairs
from breakeven.params import Params
from breakeven.prompts import stage as prompts
from breakeven.study.collect_data import same_prompts
from breakeven.tasks import stage as tasks

__all__ = ["base_files", "tokenizer"]


@pytest.fixture
def study(project: Path, base_files: Path) -> Params:
    """Three corpora: bare plain answers, the same prompts worked, and fewer prompts."""
    lay_out(project, base_files)
    tree = study_params().model_dump(mode="json")
    bare = tree["sources"]["chain"]
    tree["sources"] = {
        "chain": bare,
        "worked": {**bare, "completions": {"working": "short"}},
        "fewer": {**bare, "prompts": bare["prompts"] - 10},
    }
    corpus = tree["corpora"]["general"]
    tree["corpora"] = {
        "general": corpus,
        **{name: {**corpus, "sources": [name]} for name in ("worked", "fewer")},
    }
    params = Params.model_validate(tree)
    tasks.run(params, "chain-open")
    for source in params.sources:
        prompts.run(params, source)
        for style in ("ift", "reasoning"):
            distill.run(params, source, style)
    for corpus in params.corpora:
        pairs.run(params, corpus)
    return params


def test_what_differs_in_its_completions_alone_is_compared_as_one_corpus(study: Params) -> None:
    assert same_prompts(study) == {"general": "general", "worked": "general", "fewer": "fewer"}


def test_a_record_that_does_not_tell_its_prompts_is_a_corpus_of_its_own(study: Params) -> None:
    record = read_record("pairs", "worked")
    rest = {name: one for name, one in record.details.items() if name != "prompts_sha256"}
    replace(record, details=rest).write()
    assert same_prompts(study)["worked"] == "worked"
