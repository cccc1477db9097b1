"""The report of `breakeven flops`."""

import json

import pytest

from breakeven.core.errors import InputError
from breakeven.costs.flops_report import flops_report


def test_paper_report_has_the_golden_values_as_whole_numbers():
    report = flops_report("Qwen2.5-0.5B", 100, 1000, "paper")
    assert json.loads(json.dumps(report)) == {
        "model": "Qwen2.5-0.5B",
        "formula": "paper",
        "prompt_tokens": 100,
        "new_tokens": 1000,
        "parameters": 494032768,
        "active_parameters": 493961216,
        "forward_flops": 112576352000,
        "prefill_flops": 85621690112,
        "decode_flops": 1169319032000,
        "inference_flops": 1254940722112,
    }
    assert flops_report("Qwen2.5-0.5B", 1000, 0, "paper")["forward_flops"] == 1204085120000


def test_exact_report_by_hand():
    # 357,826,560 weights in 24 layers and 136,134,656 in lm_head; 14 heads of 64.
    body, head, width = 357_826_560, 136_134_656, 14 * 64
    report = flops_report("Qwen2.5-0.5B", 2, 3, "exact")
    assert report["forward_flops"] == 2 * 2 * (body + head) + 4 * 24 * width * (1 + 2)
    assert report["prefill_flops"] == 2 * (2 * body + head) + 4 * 24 * width * (1 + 2)
    assert report["decode_flops"] == 2 * 2 * (body + head) + 4 * 24 * width * (3 + 4)
    assert report["inference_flops"] == report["prefill_flops"] + report["decode_flops"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Qwen2.5-0.6B", 1, 1, "exact"), "did you mean 'Qwen2.5-0.5B'"),
        (("Qwen2.5-0.5B", 0, 1, "exact"), "prompt: value is 0"),
        (("Qwen2.5-0.5B", 1, -1, "exact"), "new: value is -1"),
        (("Qwen2.5-0.5B", 1, 1, "papr"), "formula: value is 'papr'; did you mean 'paper'"),
        (("Qwen3-235B-A22B", 1, 1, "paper"), "has experts; use exact"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, message):
    with pytest.raises(InputError, match=message):
        flops_report(*arguments)
