"""The UI: on this machine only, with a view that plots accuracy against cost by itself."""

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import InputError, MachineError
from breakeven.core.records import read_record
from breakeven.params import Params
from breakeven.track.stage import TrackCounts, track
from breakeven.tracking.ui import check_port, serve
from breakeven.tracking.views import COSTS_VIEW, TABLE_VIEW, TAG, saved_views

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

WriteStudy = Callable[..., Params]
RUNS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(port: int) -> Iterator[str]:
    """The address that `serve` prints once it answers."""
    code = f"from breakeven.tracking.ui import serve; serve({port})"
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        assert server.wait(60) == 0
        assert server.stdout is not None
        server.stdout.close()


def get(address: str) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_the_ui_answers_on_this_machine_and_its_server_can_be_tracked_to(
    write_study: WriteStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    track(params)
    port = free_port()
    with served(port) as address:
        assert address.startswith(f"http://127.0.0.1:{port}/#/experiments/")
        assert get(f"http://127.0.0.1:{port}/health") == "OK"
        telemetry = get(f"http://127.0.0.1:{port}/ajax-api/3.0/mlflow/ui-telemetry")
        assert json.loads(telemetry)["disable_ui_telemetry"] is True
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((outside_address(), port)) != 0
        # The same runs through the server: nothing to add; then one changed record.
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)
        record = read_record("train", "t30k", "ift", 0)
        replace(record, metrics={**record.metrics, "tokens_per_second": 4321.5}).write()
        assert track(params) == TrackCounts(added=1, archived=1, kept=RUNS - 1)
    check_port(port)  # nothing of the server is left


def outside_address() -> str:
    """An address of this machine that is not the loopback's usual one."""
    return "127.0.0.2"


def test_a_taken_port_is_an_error_that_names_another(write_study: WriteStudy) -> None:
    write_study()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with pytest.raises(InputError, match=rf"--port: {port} is taken .* --port {port + 1}"):
            serve(port)
    check_port(free_port())


def test_outside_of_a_project_nothing_is_served_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no params\.yaml is here; run this from the project's"):
        serve(free_port())
    assert list(tmp_path.iterdir()) == []


def test_the_ui_of_another_server_is_left_to_that_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://ann:pa55@mlflow.example.org")
    with pytest.raises(InputError, match=r"value is https://mlflow.example.org; runs are kept"):
        serve(free_port())


def test_a_server_that_is_not_there_is_one_line(
    write_study: WriteStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ann:pa55@{address}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MachineError, match=rf"^MLflow at http://{address}: .*TRACKING_URI") as no:
        track(params)
    assert "pa55" not in str(no.value)
    assert "\n" not in str(no.value)


def test_saved_views_hold_a_chart_for_each_family_that_was_measured() -> None:
    names = ["accuracy/math-open", "accuracy/mean", "log10_inference_flops/math-open", "train/loss"]
    state = state_of(names, COSTS_VIEW)
    charts = state["compareRunCharts"]
    assert state["searchFilter"] == 'tags.kind = "cell"'
    assert [(one["xaxis"]["key"], one["yaxis"]["key"]) for one in charts if "xaxis" in one] == [
        ("log10_inference_flops/math-open", "accuracy/math-open")
    ]
    assert [one["metricKey"] for one in charts if "metricKey" in one] == ["train/loss"]


def test_the_table_of_cells_has_who_how_well_at_what_cost_and_gains_as_intervals() -> None:
    measured = ["accuracy/math-open", "inference_flops/mean", "cost/answer_device_hours"]
    gain = [f"gain_points{end}/ift-worked/math-open" for end in ("_low", "", "_high")]
    state = state_of([*measured, *gain, "cost/size_parameters", "train/loss"], TABLE_VIEW)
    columns = [f"params.`{name}`" for name in ("student", "arm", "seed", "decoding")]
    columns += [
        f"metrics.`{name}`"
        for name in ("accuracy/math-open", "inference_flops/mean", "cost/answer_device_hours")
    ]
    columns += [f"metrics.`{name}`" for name in gain]
    assert state["selectedColumns"] == columns
    assert state["columnOrder"] == ["attributes.`Run Name`", *columns]
    assert state["columnWidths"].keys() == {*state["columnOrder"]}
    # A metric that nothing has would be a column of dashes.
    assert state_of(["accuracy/math-open"], TABLE_VIEW)["selectedColumns"] == columns[:5]


def state_of(metrics: list[str], view: str) -> dict[str, Any]:
    saved = json.loads(saved_views(metrics)[f"{TAG}{view}"])
    packed = base64.b64decode(saved["state"].removeprefix("deflate;"))
    return dict(json.loads(zlib.decompress(packed)))
