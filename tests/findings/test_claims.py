import inspect
import re

import pytest

from breakeven.findings.claims import CLAIMS, TESTS


def test_claims_have_distinct_names_of_one_form():
    names = [claim.id for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) for name in names)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_parameters_of_a_claim_are_those_of_its_test(claim):
    signature = inspect.signature(TESTS[claim.test])
    wanted = {name for name in signature.parameters if name != "scored"}
    assert set(claim.parameters) == wanted


def test_contradictions_name_claims():
    names = {claim.id for claim in CLAIMS}
    for claim in CLAIMS:
        assert set(claim.contradicts) <= names - {claim.id}


def test_every_test_is_used():
    assert {claim.test for claim in CLAIMS} == set(TESTS)
