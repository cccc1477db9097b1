"""Where judges are asked."""

import pytest
from tests.serving.endpoint import KEY

from breakeven.serving import client


@pytest.fixture
def asking_judges(monkeypatch, project):
    """An empty project with the judges' key, where nothing waits long to ask again."""
    monkeypatch.setattr(client, "_FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setenv("JUDGE_KEY", KEY)
