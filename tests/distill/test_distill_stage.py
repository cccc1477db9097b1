"""What the stage refuses before it reads a file."""

import pytest
from tests.train.tiny import make_params

from breakeven.core.errors import InputError
from breakeven.distill.stage import run


def test_a_source_that_params_do_not_have_is_told_as_such(project):
    with pytest.raises(InputError, match=r"params.yaml: sources: 'chian' is not in it; did you"):
        run(make_params(), "chian", "ift")
