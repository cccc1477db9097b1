"""Shapes from configurations: parameter counts against real models, and errors that say what."""

import csv
import json
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from breakeven.core.errors import InputError
from breakeven.costs.families import UnknownArchitectureError, architecture_from_config
from breakeven.costs.lora import Lora, lora_parameters
from breakeven.costs.model_shapes import (
    bundled_architectures,
    known_architecture,
    load_architecture,
)

DATA = Path(__file__).parent / "data/stored_parameters.csv"
STORED = list(csv.DictReader(DATA.read_text(encoding="utf-8").splitlines()))
QWEN2 = {
    "model_type": "qwen2",
    "vocab_size": 64,
    "hidden_size": 48,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
# Mistral Small 24B.
MISTRAL = {
    "vocab_size": 131072,
    "hidden_size": 5120,
    "intermediate_size": 32768,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
GEMMA3_TEXT = {
    "model_type": "gemma3_text",
    "hidden_size": 2560,
    "intermediate_size": 10240,
    "num_hidden_layers": 34,
    "sliding_window": 1024,
}


def changed(**changes):
    config = {**QWEN2, **changes}
    return {key: value for key, value in config.items() if value != "left out"}


@pytest.mark.parametrize("row", STORED, ids=lambda row: row["model"])
def test_bundled_models_have_the_parameters_that_their_files_store(row):
    assert load_architecture(row["model"]).total_parameters == int(row["parameters"])


@pytest.mark.parametrize(
    "config",
    [
        QWEN2,
        changed(tie_word_embeddings=True),
        changed(model_type="llama", attention_bias=True, mlp_bias=True),
        changed(model_type="llama", num_key_value_heads="left out", head_dim=None),
        changed(model_type="qwen3", head_dim=8),
        changed(model_type="qwen3", attention_bias=True),
        changed(
            model_type="qwen3_moe",
            head_dim=16,
            num_experts=6,
            num_experts_per_tok=2,
            moe_intermediate_size=32,
            decoder_sparse_step=2,
        ),
        changed(model_type="gemma3_text", head_dim=16),
        changed(model_type="mistral"),
        changed(model_type="mistral", head_dim=None),
        changed(model_type="phi3", pad_token_id=0),
        changed(model_type="olmo2", attention_bias=True),
        changed(model_type="olmo3"),
        changed(model_type="gemma2"),
        changed(model_type="smollm3", pad_token_id=0, tie_word_embeddings="left out"),
        changed(model_type="smollm3", pad_token_id=0, attention_bias=True, mlp_bias=True),
        changed(model_type="gpt_oss", num_local_experts=6),
        changed(model_type="gpt_oss", num_local_experts=6, attention_bias=False),
    ],
    ids=lambda config: config["model_type"],
)
def test_parameters_are_those_of_the_real_model(config, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(tmp_path))
    stored = sum(parameter.numel() for parameter in model.parameters())
    assert load_architecture(str(tmp_path)).total_parameters == stored
    # transformers writes some keys under other names than the hub's files have.
    saved = architecture_from_config(model.config.to_dict(), "saved")
    assert saved.total_parameters == stored


def test_only_the_visited_experts_are_active():
    teacher = load_architecture("Qwen3-235B-A22B")
    assert round(teacher.active_parameters / 1e9, 1) == 21.6
    assert round(teacher.matmul_parameters / 1e9, 1) == 234.5


def test_matmul_parameters_hold_lm_head_and_no_look_up():
    tied = architecture_from_config(changed(tie_word_embeddings=True), "tied")
    untied = architecture_from_config(changed(tie_word_embeddings=False), "untied")
    # q 48·48, k and v 48·24, o 48·48, three of 48·128, in three layers; lm_head 48·64.
    expected = 3 * (2 * 48 * 48 + 2 * 48 * 24 + 3 * 48 * 128) + 48 * 64
    assert tied.matmul_parameters == untied.matmul_parameters == expected
    assert untied.total_parameters - tied.total_parameters == 48 * 64


def test_vision_tower_of_gemma3_is_left_out_and_defaults_are_those_of_transformers():
    config = {"model_type": "gemma3", "text_config": GEMMA3_TEXT, "vision_config": {}}
    shape = architecture_from_config(config, "gemma")
    assert shape.total_parameters == load_architecture("Gemma-3-4B").total_parameters
    assert (shape.window, shape.window_layers) == (1024, 29)


@pytest.mark.parametrize(
    ("changes", "window"),
    [
        ({"use_sliding_window": False, "sliding_window": 8}, (None, 0)),
        ({"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}, (8, 2)),
        ({"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0}, (8, 3)),
        ({"use_sliding_window": True, "sliding_window": None}, (None, 0)),
        (
            {
                "use_sliding_window": True,
                "sliding_window": 8,
                "layer_types": ["full_attention", "sliding_attention", "full_attention"],
            },
            (8, 1),
        ),
        ({"model_type": "llama", "use_sliding_window": True, "sliding_window": 8}, (None, 0)),
        ({"model_type": "mistral"}, (4096, 3)),
        ({"model_type": "mistral", "sliding_window": None}, (None, 0)),
        ({"model_type": "phi3"}, (None, 0)),
        ({"model_type": "gemma2", "num_hidden_layers": 5}, (4096, 3)),
        ({"model_type": "olmo3", "num_hidden_layers": 9}, (4096, 7)),
        ({"model_type": "gpt_oss", "num_local_experts": 8}, (128, 2)),
        ({"model_type": "smollm3", "sliding_window": 8}, (None, 0)),
        (
            {
                "model_type": "smollm3",
                "sliding_window": 8,
                "use_sliding_window": True,
                "no_rope_layers": [1, 0, 0],
            },
            (8, 2),
        ),
        (
            {
                "model_type": "gemma3_text",
                "num_hidden_layers": 13,
                "sliding_window": 8,
                "sliding_window_pattern": 6,
            },
            (8, 11),
        ),
    ],
)
def test_window_layers_are_those_that_the_family_says(changes, window):
    shape = architecture_from_config(changed(**changes), "windowed")
    assert (shape.window, shape.window_layers) == window


def test_bundled_models_are_found_by_name_and_hub_id_in_any_case():
    by_name = load_architecture("qwen2.5-0.5b")
    assert load_architecture("Qwen/Qwen2.5-0.5B") is by_name
    assert by_name.name == "Qwen2.5-0.5B"
    assert len({shape.name for shape in bundled_architectures().values()}) == 36


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "qwen3_5"}, r"here: model_type: value is 'qwen3_5', whose FLOPs are not k"),
        (
            {"layer_types": ["linear_attention", "full_attention", "full_attention"]},
            r"here: layer_types: has linear_attention, whose FLOPs are not known",
        ),
        ({"model_type": "left out"}, r"here: model_type: value is None"),
        ({"hidden_size": "left out"}, r"here: hidden_size: is missing"),
        ({"hidden_size": "48"}, r"here: hidden_size: value is '48'"),
        ({"hidden_size": 50}, r"hidden_size: value is 50; use a multiple of num_attention_heads"),
        ({"num_hidden_layers": 0}, r"num_hidden_layers: value is 0"),
        ({"num_key_value_heads": 3}, r"num_key_value_heads: value is 3; use a divisor"),
        ({"tie_word_embeddings": "yes"}, r"tie_word_embeddings: value is 'yes'; use true or"),
        ({"use_sliding_window": "yes"}, r"use_sliding_window: value is 'yes'; use true or"),
        (
            {"use_sliding_window": True, "max_window_layers": "all"},
            r"max_window_layers: value is 'all'",
        ),
        ({"model_type": "gemma3"}, r"text_config: is missing"),
        ({"model_type": "qwen3_moe", "head_dim": 8}, r"num_experts: is missing"),
        (
            {"use_sliding_window": True, "layer_types": ["full_attention"]},
            r"layer_types: value is .*; use a list of 3",
        ),
    ],
)
def test_impossible_configurations_are_refused_by_key(changes, message):
    with pytest.raises(InputError, match=message):
        architecture_from_config(changed(**changes), "here")


def test_unknown_model_lists_the_closest_names():
    with pytest.raises(InputError, match=r"did you mean 'Qwen2.5-0.5B'\?"):
        load_architecture("Qwen2.5-0.6B")


@pytest.mark.parametrize("name", ["Qwen3.5-4B", "Qwen/Qwen3.5-0.8B", "gemma4-2b", "qwen3_5"])
def test_a_near_name_of_another_architecture_is_no_hint(name):
    with pytest.raises(
        InputError, match=r"use a path to a config\.json or a name; allowed: "
    ) as it:
        load_architecture(name)
    assert "did you mean" not in str(it.value)


@pytest.mark.parametrize(
    ("model_type", "refused"), [("qwen3_5", True), ("mamba", True), ("qwen3", False)]
)
def test_why_flops_are_not_known_is_told_and_raised_only_where_they_are_asked_for(
    tmp_path, model_type, refused
):
    (tmp_path / "config.json").write_text(json.dumps(changed(model_type=model_type)))
    found = known_architecture(tmp_path)
    assert isinstance(found, str) == refused
    if refused:
        assert f"model_type: value is '{model_type}', whose FLOPs are not known" in found
        with pytest.raises(UnknownArchitectureError):
            load_architecture(str(tmp_path))


def test_text_model_of_a_mixed_configuration_speaks_for_it():
    text = {**MISTRAL, "model_type": "mistral", "sliding_window": None}
    config = {"model_type": "mistral3", "text_config": text, "vision_config": {}}
    assert architecture_from_config(config, "m").total_parameters == 23572403200


@pytest.mark.parametrize(
    ("name", "active_b"), [("gpt-oss-20b", 3.6), ("gpt-oss-120b", 5.1), ("Qwen3-30B-A3B", 3.0)]
)
def test_active_parameters_are_those_that_their_makers_tell(name, active_b):
    assert round(load_architecture(name).active_parameters / 1e9, 1) == active_b


def test_file_that_is_no_object_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.json: value is list"):
        load_architecture(str(tmp_path))


def test_adapter_has_rank_times_inputs_and_outputs():
    shape = architecture_from_config(QWEN2, "tiny")
    assert lora_parameters(shape, Lora(8, ("q_proj",))) == 3 * 8 * (48 + 48)
    assert lora_parameters(shape, Lora(8, ("k_proj", "down_proj"))) == 3 * 8 * (72 + 176)


@pytest.mark.parametrize(
    ("lora", "message"),
    [
        (Lora(0), "lora.rank: value is 0"),
        (Lora(8, ("q_porj",)), "did you mean 'q_proj'"),
        (Lora(8, ()), r"lora.targets: value is \[\]"),
    ],
)
def test_impossible_adapters_are_refused(lora, message):
    with pytest.raises(InputError, match=message):
        lora_parameters(architecture_from_config(QWEN2, "tiny"), lora)


def test_adapter_on_experts_is_refused():
    with pytest.raises(InputError, match="gate_proj"):
        lora_parameters(load_architecture("Qwen3-235B-A22B"), Lora(8, ("gate_proj",)))
