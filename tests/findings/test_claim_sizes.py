"""A claim that is judged at other sizes than it speaks of is said to be."""

from dataclasses import replace

import pytest
from tests.findings.judged import verdicts_of

from breakeven.findings.claim_sizes import other_sizes, sizes_outside
from breakeven.findings.claims import CLAIMS
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.replay import replay_results

BY_ID = {claim.id: claim for claim in CLAIMS}


def results(*sizes_b: float) -> Results:
    cells = tuple(
        CellResult(
            student=f"s{size}",
            size_parameters=size * 1e9,
            arm=style,
            style=style,
            reasoning_share=share,
            corpus="general",
            seed=0,
            decoding="greedy",
            family="math-open",
            accuracy=0.5,
        )
        for size in sizes_b
        for style, share in (("ift", 0.0), ("reasoning", 1.0))
    )
    return Results("s", "imported", cells)


@pytest.mark.parametrize(
    ("claim", "sizes", "words"),
    [
        (
            "gain-grows-with-size",
            (30e-6, 2e-3),
            "judged at 30K to 2M, the claim is about 0.5B to 14B",
        ),
        ("gain-grows-with-size", (0.135, 0.494, 1.5), "judged at 0.14B to 1.5B"),
        ("gain-grows-with-size", (0.494, 1.5, 14.8), None),
        ("ift-ahead-below-7b", (2e-3,), "judged at 2M, the claim is about 0.5B to below 7B"),
        # Its test leaves 70B out.
        ("ift-ahead-below-7b", (1.5, 70.0), None),
        ("reasoning-breaks-ift-plateau", (8.0, 70.0), "judged at 8B to 70B, the claim is about 7B"),
        ("reasoning-breaks-ift-plateau", (2e-3, 8.0), None),
        # It looks for 3B and 14B, and is undecidable without them.
        ("reasoning-3b-beats-ift-14b", (2e-3,), None),
    ],
)
def test_sizes_that_a_claim_does_not_speak_of_are_named(claim, sizes, words):
    found = sizes_outside(results(*sizes), BY_ID[claim])
    assert found is None if words is None else found.startswith(words)


def test_the_published_sizes_are_those_of_the_claims():
    published = replay_results()
    assert other_sizes(published) is None
    assert all(verdict.other_sizes is None for verdict in verdicts_of(published).values())


def test_verdicts_on_toy_sizes_say_so():
    published = replay_results()
    tiny = tuple(
        replace(cell, size_parameters=(cell.size_parameters or 0) / 1e4) for cell in published.cells
    )
    toy = replace(published, source="imported", cells=tiny)
    assert other_sizes(toy) == "50K to 1.4M"
    judged = verdicts_of(toy)
    assert judged["ift-ahead-below-7b"].other_sizes == (
        "judged at 50K to 1.4M, the claim is about 0.5B to below 7B"
    )
    assert judged["reasoning-breaks-ift-plateau"].verdict == "undecidable here"


def test_the_size_of_a_control_is_not_judged():
    found = results(0.494, 14.8)
    control = replace(results(70.0).cells[0], arm="shuffled", style="control")
    beside = replace(found, cells=(*found.cells, control))
    assert other_sizes(beside) is None
    assert sizes_outside(beside, BY_ID["gain-grows-with-size"]) is None


def test_sizes_that_are_not_known_are_not_called_other_ones():
    unknown = tuple(replace(cell, size_parameters=None) for cell in results(1.0).cells)
    assert other_sizes(Results("s", "imported", unknown)) is None
