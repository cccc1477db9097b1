"""Checkpoints: restored whole, or told in a line and not at all."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from breakeven.models.checkpoint import load_checkpoint, save_checkpoint


def trained(dtype=torch.float32, **shapes):
    """Parameters and their optimizer after one step, all of it different from a fresh one."""
    torch.manual_seed(0)
    parameters = {
        name: torch.nn.Parameter(torch.rand(shape, dtype=dtype))
        for name, shape in (shapes or {"layer.a": (3, 4), "layer.b": (5,)}).items()
    }
    optimizer = torch.optim.AdamW(parameters.values())
    sum(one.float().sum() for one in parameters.values()).backward()
    optimizer.step()
    return parameters, optimizer


def fresh(dtype=torch.float32, **shapes):
    parameters, _ = trained(dtype, **shapes)
    for one in parameters.values():
        one.data.zero_()
    return parameters, torch.optim.AdamW(parameters.values())


@pytest.fixture
def file(tmp_path):
    save_checkpoint(tmp_path, *trained(), {"step": 1})
    return tmp_path / "checkpoint.safetensors"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_checkpoint_restores_weights_moments_and_state(tmp_path, dtype):
    parameters, optimizer = trained(dtype)
    save_checkpoint(tmp_path, parameters, optimizer, {"step": 1, "loss": [0.5]})
    again, other = fresh(dtype)
    assert load_checkpoint(tmp_path, again, other) == {"step": 1, "loss": [0.5]}
    for name, one in parameters.items():
        assert torch.equal(again[name], one)
        for slot, value in optimizer.state[one].items():
            assert torch.equal(other.state[again[name]][slot], value), slot


def test_without_a_checkpoint_there_is_nothing_to_say(tmp_path, capsys):
    assert load_checkpoint(tmp_path, *fresh()) is None
    assert capsys.readouterr().err == ""


def rewritten(file, change):
    """The file with its tensors or metadata changed, and readable as safetensors still."""
    with safe_open(file, framework="pt") as content:
        tensors = {key: content.get_tensor(key) for key in content.keys()}  # noqa: SIM118
        metadata = dict(content.metadata())
    change(tensors, metadata)
    save_file(tensors, file, metadata=metadata)


DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "last byte missing": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "a bit of a moment": lambda file: file.write_bytes(
        file.read_bytes()[:-1] + bytes([file.read_bytes()[-1] ^ 1])
    ),
    "zeros for a header": lambda file: file.write_bytes(b"\0" * 64 + file.read_bytes()[64:]),
    "no moments": lambda file: rewritten(file, lambda t, m: t.pop("exp_avg.layer.a")),
    "no digest": lambda file: rewritten(file, lambda t, m: m.pop("digest")),
    "another state": lambda file: rewritten(file, lambda t, m: m.update(state='{"step": 9}')),
    "state cut off": lambda file: rewritten(file, lambda t, m: m.update(state='{"st')),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_told_in_a_line_and_nothing_of_it_is_taken(file, capsys, damage):
    DAMAGES[damage](file)
    parameters, optimizer = fresh()
    assert load_checkpoint(file.parent, parameters, optimizer) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{file}: the checkpoint cannot be read (")
    assert line.endswith("); training from the start")
    assert all(not one.any() for one in parameters.values())
    assert not optimizer.state


@pytest.mark.parametrize(
    "shapes", [{"layer.a": (3, 4)}, {"layer.a": (4, 3), "layer.b": (5,)}, {"c": (3, 4), "b": (5,)}]
)
def test_a_checkpoint_of_other_parameters_is_not_taken(file, capsys, shapes):
    assert load_checkpoint(file.parent, *fresh(**shapes)) is None
    assert "training from the start" in capsys.readouterr().err


def test_only_the_first_process_speaks(file, capsys):
    file.write_bytes(b"")
    assert load_checkpoint(file.parent, *fresh(), speaks=False) is None
    assert capsys.readouterr().err == ""


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(file, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("breakeven.models.checkpoint.safe_open", refused)
    with pytest.raises(PermissionError):
        load_checkpoint(file.parent, *fresh())
