"""What tests of clients share."""

import pytest

from breakeven.serving import client as module


@pytest.fixture
def short_waits(monkeypatch):
    """The client asks again at once."""
    monkeypatch.setattr(module, "_FIRST_WAIT_SECONDS", 0.01)
