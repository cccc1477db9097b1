"""The verdicts on the study's own tables (arXiv 2509.22193)."""

from pathlib import Path

import pytest

from breakeven.findings.claims import STUDY
from breakeven.findings.corrected import corrected_findings
from breakeven.findings.scored_results import scored_results
from breakeven.results.replay import replay_results

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found():
    return corrected_findings(scored_results(replay_results()))


@pytest.fixture(scope="module")
def verdicts(found):
    return {one.id: one for one in found.claims}


@pytest.mark.parametrize(
    ("claim", "verdict", "evidence"),
    [
        ("reasoning-wins-most-pairs", "undecidable here", "28 of 40 pairs"),
        ("reasoning-3b-beats-ift-14b", "undecidable here", "+1.8 points"),
        ("gain-grows-with-size", "supported", "+3.0 points"),
        ("reasoning-breaks-ift-plateau", "undecidable here", "8 of 8 reasoning students"),
        ("math-corpus-hurts-small-reasoning", "supported", "41.3% to 8.2%"),
        ("ift-pareto-optimal-inference", "supported", "+5.6 points"),
        ("ift-pareto-optimal-training", "undecidable here", "in 20 cases"),
        ("ift-near-frontier-in-most", "undecidable here", "of 20 comparisons reasoning"),
        ("ift-ahead-below-7b", "supported", "of 12 comparisons reasoning"),
        ("reasoning-ahead-14b-math-open", "undecidable here", "extrapolated 7.1 times"),
        ("frontier-only-open-from-7b", "undecidable here", "no-reasoning-on-frontier"),
        ("no-reasoning-on-frontier", "undecidable here", "cannot hold together with"),
        ("reasoning-on-both-frontiers-from-7b", "undecidable here", "of 8 comparisons reasoning"),
        ("training-compute-5x", "undecidable here", "stated 5x, derived 2.4x (1.3 to 5.7"),
        ("training-compute-1.6x", "undecidable here", "stated 1.6x, derived 1.3x"),
        ("wrong-traces-longer", "undecidable here", "no token counts by item"),
        ("sequential-mix-keeps-gain", "undecidable here", "no sequential mixes"),
    ],
)
def test_verdict_on_the_published_tables(verdicts, claim, verdict, evidence):
    assert verdicts[claim].verdict == verdict
    assert evidence in verdicts[claim].evidence


def test_every_undecided_claim_says_what_would_decide_it(verdicts):
    for verdict in verdicts.values():
        assert (verdict.would_decide is not None) == (verdict.verdict == "undecidable here")
        assert verdict.would_decide != ""


def test_claims_about_dear_reasoning_students_are_marked_as_extrapolated(verdicts):
    assert verdicts["reasoning-ahead-14b-math-open"].rests_on_extrapolation
    assert not verdicts["ift-pareto-optimal-inference"].rests_on_extrapolation


def test_the_fits_reach_from_behind_to_ahead_at_14b_math_open(verdicts):
    # A refit of the five published IFT points gave 56.6% to 80.3%, against 74.7% for reasoning.
    evidence = verdicts["reasoning-ahead-14b-math-open"].evidence
    low, high = (float(word.rstrip("%")) for word in evidence.split()[-3::2])
    assert (low, high) == (pytest.approx(56.6, abs=2), pytest.approx(80.3, abs=2))


def test_the_documented_table_is_the_current_one(verdicts):
    text = page("verdicts.md")
    for verdict in verdicts.values():
        ends = f"{verdict.text} | {verdict.verdict} | {verdict.alone} |"
        if verdict.source != STUDY:
            # What the published tables hold says nothing of them.
            assert verdict.evidence.startswith("not tested: ")
            ends = f"{verdict.text} |"
        paper = "" if verdict.source == STUDY else f"{verdict.source} "
        assert f"| `{verdict.id}` | {paper}{verdict.version} | {ends}" in text


def test_the_pages_tell_how_many_tests_were_corrected_and_what_that_makes_of_a_p(found):
    for name in ("verdicts.md", "frontiers.md"):
        assert f" {found.comparisons} tests" in page(name)
    disputed = page("verdicts.md").partition("## Disputed verdicts")[2]
    for claim in ("reasoning-wins-most-pairs", "ift-pareto-optimal-training"):
        one = found.claim(claim)
        (row,) = [line for line in disputed.splitlines() if line.startswith(f"| `{claim}`")]
        assert f"p {one.p_value:.2g} a" in row
        assert f", {one.adjusted_p_value:.2g} among {found.comparisons}" in row
    (row,) = [line for line in disputed.splitlines() if line.startswith("| `gain-grows")]
    assert f"p {found.claim('gain-grows-with-size').adjusted_p_value:.1g} after" in row
