"""How a command ends that runs out of memory: one line, whoever noticed it."""

import errno
import os

import numpy as np
import pytest
import torch

from breakeven.core.exits import exit_code_of

ENDLESS = 2**46


def no_room_on_a_cpu():
    torch.empty(ENDLESS)


def no_room_for_numpy():
    np.empty(ENDLESS)


def no_room_for_python():
    bytearray(ENDLESS)


def no_room_on_a_gpu():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def no_room_for_a_process():
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


@pytest.mark.parametrize(
    "work",
    [
        no_room_on_a_cpu,
        no_room_for_numpy,
        no_room_for_python,
        no_room_on_a_gpu,
        no_room_for_a_process,
    ],
)
def test_memory_that_runs_out_is_one_line_with_the_machines_exit_code(work, capsys):
    assert exit_code_of(work) == 3
    assert capsys.readouterr().err.startswith("error: memory has run out; ")


def test_another_error_stays_a_fault_of_the_code():
    def fail():
        torch.ones(2) + torch.ones(3)

    with pytest.raises(RuntimeError, match="size of tensor"):
        exit_code_of(fail)
