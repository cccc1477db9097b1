"""The options and variables that a vLLM server is started with."""

import json
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.params import VllmServer
from breakeven.serving.launch import VllmBuild, launch_command, server_environment

CPU = VllmBuild("0.32.0", "2.13.0+cpu", cpu=True)
CUDA = VllmBuild("0.32.0", "2.13.0+cu130", cpu=False)


def command(settings, build, **changes):
    rest = {"label": "teacher", "port": 1, "adapters": {}, "tokenizer": None, **changes}
    return launch_command(Path("model"), settings, build, **rest)


def value(words, option):
    return words[words.index(option) + 1]


def test_settings_become_options():
    settings = VllmServer(max_model_len=4096, tensor_parallel=2, data_parallel=4, memory_share=0.8)
    words = command(settings, CUDA)
    assert value(words, "--max-model-len") == "4096"
    assert value(words, "--tensor-parallel-size") == "2"
    assert value(words, "--data-parallel-size") == "4"
    assert value(words, "--gpu-memory-utilization") == "0.8"
    assert value(words, "--dtype") == "bfloat16"
    assert value(words, "--generation-config") == "vllm"
    assert "--enable-prefix-caching" in words
    assert not {"--enforce-eager", "--enable-lora"} & set(words)


def test_a_cpu_computes_in_float32_unless_told_otherwise():
    assert value(command(VllmServer(), CPU), "--dtype") == "float32"
    assert value(command(VllmServer(dtype="bfloat16"), CPU), "--dtype") == "bfloat16"


def test_adapters_are_served_at_the_smallest_rank_that_holds_them_all(tmp_path):
    folders = {}
    for name, config in {"a": {"r": 4}, "b": {"r": 8, "rank_pattern": {"q_proj": 12}}}.items():
        folders[name] = tmp_path / name
        folders[name].mkdir()
        (folders[name] / "adapter_config.json").write_text(json.dumps(config))
    words = command(VllmServer(), CPU, adapters=folders)
    assert value(words, "--max-lora-rank") == "16"
    assert value(words, "--max-cpu-loras") == "2"
    assert words[-2:] == [f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"]
    (tmp_path / "b/adapter_config.json").write_text(json.dumps({"r": 1024}))
    with pytest.raises(InputError, match=r"r: value is 1024; vLLM serves at most 512"):
        command(VllmServer(), CPU, adapters=folders)


@pytest.mark.parametrize(
    ("ours", "threads", "expected"),
    [
        ({}, None, (None, None)),
        ({}, 3, ("nobind", "3")),
        ({"OMP_NUM_THREADS": "2"}, None, ("nobind", "2")),
        ({"VLLM_CPU_OMP_THREADS_BIND": "0-7"}, 3, ("0-7", None)),
    ],
)
def test_threads_on_a_cpu_are_bound_only_where_nobody_said_how_many(
    monkeypatch, ours, threads, expected
):
    for name in ("OMP_NUM_THREADS", "VLLM_CPU_OMP_THREADS_BIND"):
        monkeypatch.delenv(name, raising=False)
    for name, given in ours.items():
        monkeypatch.setenv(name, given)
    found = server_environment(VllmServer(threads=threads), CPU, "key")
    assert (found.get("VLLM_CPU_OMP_THREADS_BIND"), found.get("OMP_NUM_THREADS")) == expected


def test_an_accelerator_gets_none_of_the_variables_of_a_cpu():
    assert "VLLM_CPU_KVCACHE_SPACE" not in server_environment(VllmServer(), CUDA, "key")
