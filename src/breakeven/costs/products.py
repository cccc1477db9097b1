"""Products of float32 matrices on one thread, by the library that is fastest on this processor.

PyTorch multiplies with MKL, which uses AVX-512 on Intel's processors only; NumPy with OpenBLAS,
which uses it on AMD's too: 210 against 100 GFLOP/s on a Zen 5. A Zen 4 takes each instruction of
512 bits in two halves, 97 against 92, and stays with PyTorch. Which one it is follows from the
processor and the libraries, never from a timing, so that a machine gives the same bits every day.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_CPUINFO = Path("/proc/cpuinfo")
# AMD's family of Zen 5, the first whose units are 512 bits wide; Zen 3 and 4 are family 25.
_ZEN_5 = 26
# Kernels of OpenBLAS that use AVX-512, by the names that it gives them.
_WITH_AVX512 = {"SkylakeX", "Cooperlake", "Sapphirerapids"}


@cache
def numpy_is_faster() -> bool:
    """Whether NumPy's products are the faster ones here, and right.

    They are PyTorch's own where OPENBLAS_CORETYPE holds OpenBLAS to older kernels.
    """
    return _is_zen_5_or_later() and _openblas_uses_avx512() and _multiplies_rightly()


@contextmanager
def one_numpy_thread() -> Iterator[None]:
    """While the block runs, NumPy multiplies on the thread that asks.

    Of numbers that are none it says nothing, as PyTorch does: who reads what comes of them tells.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), np.errstate(over="ignore", invalid="ignore"):
        yield


def numpy_product(left: "Tensor", right: "Tensor", out: "Tensor | None" = None) -> "Tensor":
    """The product of (m, k) and (k, n), float32 on the CPU, without a gradient."""
    import numpy as np
    import torch

    if out is None:
        out = torch.empty(len(left), right.shape[1])
    np.matmul(left.detach().numpy(), right.detach().numpy(), out=out.numpy())
    return out


def _is_zen_5_or_later() -> bool:
    text = _CPUINFO.read_text() if _CPUINFO.is_file() else ""
    family = re.search(r"^cpu family\s*:\s*(\d+)$", text, re.MULTILINE)
    return "AuthenticAMD" in text and family is not None and int(family[1]) >= _ZEN_5


def _openblas_uses_avx512() -> bool:
    import numpy as np  # noqa: F401 - loads what is asked about

    try:
        from threadpoolctl import threadpool_info
    except ImportError:  # where a GPU is checked without the project's packages
        return False
    kernels = {
        one["architecture"] for one in threadpool_info() if one["internal_api"] == "openblas"
    }
    return bool(kernels) and kernels <= _WITH_AVX512


def _multiplies_rightly() -> bool:
    """Whether both libraries agree: some OpenBLAS were wrong on processors newer than they."""
    import torch

    generator = torch.Generator().manual_seed(0)  # nobody's random numbers depend on the trial
    for size in (7, 64, 300):
        left, right = (torch.rand(2, size, size + 1, generator=generator) - 0.5).unbind()
        for one, other in ((left, right.t()), (left.t(), right)):
            if not torch.allclose(numpy_product(one, other), one @ other, atol=1e-4):
                return False
    return True
