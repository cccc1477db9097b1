"""Starting several processes: which configurations are taken, and which error is reported."""

import errno
import json
from types import SimpleNamespace

import pytest
from tests.conftest import ROOT

from breakeven.core.errors import BreakevenError, InputError, LostNodeError, MachineError
from breakeven.params.launch_file import read_launch_file
from breakeven.train import launching
from breakeven.train.launching import failures_of, first_error, launch, report_to_stage

CONFIGURATIONS = sorted((ROOT / "profiles/accelerate").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_shipped_configuration_is_taken_and_accelerate_reads_it(path):
    from accelerate.commands.config.config_args import load_config_from_file

    given = read_launch_file(path)
    read = load_config_from_file(str(path))
    assert read.num_processes == given.processes >= 2
    assert read.num_machines == given.machines
    # Over nodes the port is that of the first one.
    assert read.main_process_port == (0 if given.machines == 1 else None)
    assert bool(read.use_cpu) == given.uses_cpu
    assert (read.distributed_type.value == "FSDP") == given.sharded == bool(read.fsdp_config)
    assert not given.sharded or read.fsdp_config["fsdp_version"] == 2


GOOD = {"distributed_type": "MULTI_GPU", "num_processes": 2}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("distributed_type: [", r"x.yaml: not valid YAML"),
        ("distributed_type: 2026-13-45", "x.yaml: not valid YAML: month must be in"),
        (f"num_processes: {'9' * 5000}", "x.yaml: not valid YAML: Exceeds the limit"),
        ("[" * 3000, "x.yaml: not valid YAML: maximum recursion depth"),
        ("- 1", "x.yaml: is no mapping"),
        (
            json.dumps({**GOOD, "distributed_type": "DEEPSPEED"}),
            "x.yaml: distributed_type: value is 'DEEPSPEED'; use MULTI_GPU or FSDP",
        ),
        (
            json.dumps({**GOOD, "num_processes": 1}),
            "x.yaml: num_processes: value is 1; use 2 or more or remove training.launch",
        ),
        (
            json.dumps({**GOOD, "num_machines": 0}),
            "x.yaml: num_machines: value is 0; use 1 or the number of nodes",
        ),
        (
            json.dumps({**GOOD, "num_machines": True}),
            "x.yaml: num_machines: value is True; use 1 or the number of nodes",
        ),
        (
            json.dumps({**GOOD, "num_processes": 7, "num_machines": 2}),
            r"x.yaml: num_processes: value is 7; it counts those of all 2 machines .*; use 8",
        ),
        (
            json.dumps({**GOOD, "num_processes": 10**400 + 1, "num_machines": 2}),
            f"it counts those of all 2 machines .*; use {10**400 + 2}",
        ),
        (json.dumps({**GOOD, "use_cpu": "yes"}), "x.yaml: use_cpu: value is 'yes'; use true or"),
    ],
)
def test_configuration_that_cannot_be_used_says_what_to_change(project, text, problem):
    path = project / "x.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_launch_file(path)


def test_configuration_that_is_not_there_is_named(project):
    with pytest.raises(InputError, match=r"training\.launch: value is '.*x.yaml'; no such file"):
        read_launch_file(project / "x.yaml")


def test_key_that_accelerate_does_not_have_is_named_before_anything_starts(project):
    path = project / "x.yaml"
    path.write_text(json.dumps({**GOOD, "use_cpu": True, "num_procs": 2}))
    with pytest.raises(InputError, match=r"x\.yaml: .*unknown keys \(\['num_procs'\]\)"):
        launch(read_launch_file(path), project / "train.py", [])


def test_more_processes_than_gpus_is_the_machine_s_lack(project, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(MachineError, match="num_processes: value is 8; PyTorch sees 1 CUDA dev"):
        launch(read_launch_file(ROOT / "profiles/accelerate/fsdp.yaml"), project / "train.py", [])


def failure(tmp_path, monkeypatch, error, *, now, process):
    """What torch's launcher knows of a process that reported an error."""
    path = tmp_path / f"{process}.json"
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(path))
    monkeypatch.setattr(launching.time, "time", lambda: now)
    code = report_to_stage(error)
    return SimpleNamespace(
        exitcode=code, timestamp=int(now), error_file_data=json.loads(path.read_text())
    )


def killed(number):
    return SimpleNamespace(exitcode=-number, timestamp=99, error_file_data={"message": ""})


def error_of(*failures):
    return first_error(failures_of(SimpleNamespace(failures=dict(enumerate(failures)))))


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (InputError("a.yaml: b: no"), InputError, "a.yaml: b: no"),
        (MachineError("no memory"), MachineError, "no memory"),
        (LostNodeError("b is gone"), LostNodeError, "b is gone"),
        (OSError(errno.ENOSPC, "full", "x"), MachineError, "the disk is full: x; free some space"),
    ],
)
def test_error_of_a_process_is_told_as_it_was_raised(tmp_path, monkeypatch, error, kind, text):
    found = error_of(failure(tmp_path, monkeypatch, error, now=1.0, process=0))
    assert (type(found), str(found)) == (kind, text)


def test_fault_of_a_process_shows_its_traceback_once(tmp_path, monkeypatch, capsys):
    """The process that failed first is at fault, by less than a second here."""
    later = failure(tmp_path, monkeypatch, RuntimeError("peer is gone"), now=7.9, process=0)
    first = failure(tmp_path, monkeypatch, ZeroDivisionError("x"), now=7.1, process=1)
    found = error_of(later, first)
    assert (type(found), found.exit_code) == (BreakevenError, 1)
    assert str(found) == "training process 1 failed (exit code 1)"
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: x" in shown
    assert "peer is gone" not in shown


def test_process_that_is_ended_because_another_failed_is_not_told(tmp_path, monkeypatch):
    first = failure(tmp_path, monkeypatch, InputError("a.yaml: b: no"), now=7.1, process=1)
    assert type(error_of(killed(15), first)) is InputError


def test_killed_process_is_told_before_those_that_lost_it(tmp_path, monkeypatch):
    other = failure(tmp_path, monkeypatch, RuntimeError("peer is gone"), now=7.9, process=0)
    found = error_of(other, killed(9))
    assert type(found) is MachineError
    assert str(found).startswith("training process 1 was ended by SIGKILL, as a system does that")
