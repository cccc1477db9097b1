"""The finished study of the tests of `tracking`, which the stage shows in MLflow."""

from tests.tracking.conftest import empty_database, fill_project, write_study

__all__ = ["empty_database", "fill_project", "write_study"]
