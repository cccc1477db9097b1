"""Worked examples for untrained students: which prompts they are, and which never."""

import pytest
from tests.answer.conftest import lay_data, study

from breakeven.answer.shots import pick_shots
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import prompts_path, task_path
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt


def test_shots_come_from_training_prompts_of_the_task_s_problem_and_format(project):
    params = study()
    lay_data(params)
    for name, form, source in (("chain-open", "open", "chain"), ("lookup-mc", "choice", "lookup")):
        items = read_rows(task_path(name), Item)
        shots = pick_shots(params, name, items, 5)
        told = {
            (prompt.prompt, prompt.reference)
            for prompt in read_rows(prompts_path(source), Prompt)
            if prompt.format == form
        }
        assert set(shots) <= told
        assert len(set(shots)) == 5
        assert not {shot.prompt for shot in shots} & {one.prompt for one in items}
        assert shots == pick_shots(params, name, items, 5)


def test_a_tested_content_is_never_a_shot(project):
    params = study()
    lay_data(params)
    source = read_rows(prompts_path("chain"), Prompt)
    usable = [prompt for prompt in source if prompt.format == "open"]
    leaked = [
        Item(str(n), "chain-open", "math-open", "?", "7", prompt.content, "exact")
        for n, prompt in enumerate(usable[2:])
    ]
    shots = pick_shots(params, "chain-open", leaked, 2)
    assert {shot.prompt for shot in shots} == {prompt.prompt for prompt in usable[:2]}
    too_few = ": value is 3; the sources have 2 prompts"
    asked = study(arms={"base": {"method": "none", "shots": 3}})
    with pytest.raises(InputError, match=rf"params.yaml: arms\.base\.shots{too_few}"):
        pick_shots(asked, "chain-open", leaked, 3)
    of_task = study(answering={"by_task": {"chain-open": {"shots": 3}}})
    with pytest.raises(InputError, match=rf"answering\.by_task\.chain-open\.shots{too_few}"):
        pick_shots(of_task, "chain-open", leaked, 3)
