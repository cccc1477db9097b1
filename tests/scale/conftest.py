"""The finished study that others damage is here one to be written about."""

from tests.faults.conftest import done

__all__ = ["done"]
