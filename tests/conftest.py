"""What every test shares."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.preloaded import preloaded_python

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Every study of a test keeps its runs in its own folder, whatever the user's shell says.
os.environ.pop("MLFLOW_TRACKING_URI", None)

ROOT = Path(__file__).resolve().parents[1]


# What takes minutes: whole studies and servers.
LONG = ("study", "vllm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with most long tests come first, so that no worker is alone with one at the end."""
    long = Counter(item.path for item in items if any(map(item.get_closest_marker, LONG)))
    items.sort(key=lambda item: -long[item.path])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder, as the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH with a `python` that runs a study's stages with libraries imported."""
    with preloaded_python(tmp_path_factory.mktemp("preloaded")) as folder:
        yield folder


@pytest.fixture(autouse=True)
def _no_store_left_behind() -> Iterator[None]:
    """MLflow's `set_tracking_uri` writes the environment, which later tests' commands inherit."""
    yield
    os.environ.pop("MLFLOW_TRACKING_URI", None)
