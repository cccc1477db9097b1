"""A tiny study that has run to its scores."""

from tests.faults.conftest import done, ran

__all__ = ["done", "ran"]
