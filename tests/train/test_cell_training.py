"""A trained cell from its pairs to its weights and record; killed, resumed, reused."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from tests.train.killing import Steps, bytes_of, kill_at, log_into
from tests.train.tiny import BASE, make_params, worked_pairs

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path
from breakeven.core.layout import pairs_path, student_folder
from breakeven.core.records import read_record
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.core.sides import side_of
from breakeven.costs.exact import train_flops
from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import load_architecture
from breakeven.params import Params
from breakeven.rows.pair import Pair, write_pairs
from breakeven.train import stage
from breakeven.train.cell_training import train_cell
from breakeven.train.plan import plan_cell
from breakeven.train.usage_log import read_run_usage


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_killed_training_ends_with_the_bytes_of_an_undisturbed_one(study, method):
    params = make_params(checkpoint_steps=3, method=method)
    folder = student_folder("tiny", "reasoning", 0)
    undisturbed = train_cell(params, "tiny", "reasoning", 0)
    expected = bytes_of(folder)
    if method == "full":
        assert set(expected) == {"config.json", "generation_config.json", "model.safetensors"}
    else:
        assert set(expected) == {"adapter_config.json", "adapter_model.safetensors"}
        # peft keeps a set there, in another order in every process.
        modules = json.loads(expected["adapter_config.json"])["target_modules"]
        assert modules == sorted(modules)
    shutil.rmtree(".work")
    shutil.rmtree(folder)

    kill_at(4, params)
    assert not folder.exists()
    (usage,) = Path(".work").rglob("usage.jsonl")
    held_before = read_run_usage(usage.parent)
    assert held_before.usage.device_seconds > 0
    steps = Steps()
    resumed = train_cell(params, "tiny", "reasoning", 0, open_log=log_into(steps))
    assert steps[0] == 3
    assert bytes_of(folder) == expected
    assert resumed.series == undisturbed.series
    assert resumed.tokens == undisturbed.tokens
    # Four steps were noted before the kill; step 3 was done again.
    assert resumed.usage.device_seconds > held_before.usage.device_seconds
    assert read_run_usage(usage.parent).tokens > resumed.tokens["trained"]


def test_finished_training_is_not_done_again_when_its_output_is_deleted(study):
    params = make_params()
    first = train_cell(params, "tiny", "ift", 0)
    folder = student_folder("tiny", "ift", 0)
    expected = bytes_of(folder)
    shutil.rmtree(folder)
    steps = Steps()
    again = train_cell(params, "tiny", "ift", 0, open_log=log_into(steps))
    assert steps == []
    assert again == first
    assert bytes_of(folder) == expected
    assert not list(Path(".work").rglob("checkpoint.safetensors"))


def test_finished_weights_that_were_touched_are_trained_again(study, capsys):
    params = make_params()
    first = train_cell(params, "tiny", "ift", 0)
    (weights,) = Path(".work").rglob("finished/student/adapter_model.safetensors")
    weights.write_bytes(b"x")
    again = train_cell(params, "tiny", "ift", 0)
    assert "is not as it was written; training again" in capsys.readouterr().err
    assert again.digest == first.digest


def key_of(params, arm="ift", seed=0):
    return plan_cell(params, "tiny", arm, seed).key


def test_key_changes_with_what_changes_the_weights_only(study):
    key = key_of(make_params())
    assert key_of(make_params(checkpoint_steps=7, threads=1, launch="a.yaml")) == key
    others = [
        key_of(make_params(learning_rate=1e-3)),
        key_of(make_params(lora={"rank": 2})),
        key_of(make_params(batch_tokens=100)),
        key_of(make_params(batch_sequences=8)),
        key_of(make_params(packing=True)),
        key_of(make_params(epochs=2)),
        key_of(make_params(), seed=1),
        key_of(make_params(), arm="mixed"),
    ]
    pairs = worked_pairs()
    write_pairs(pairs_path("general"), pairs[:-1])
    others.append(key_of(make_params()))
    digests = [json.dumps(one, sort_keys=True) for one in (key, *others)]
    assert len(set(digests)) == len(digests)


def test_traces_do_not_change_the_key_of_an_arm_that_learns_none(study):
    key = key_of(make_params())
    pairs = [
        Pair(**{**vars(pair), "reasoning": "<think>\nNo.\n</think>\n\n1"})
        for pair in worked_pairs()
    ]
    write_pairs(pairs_path("general"), pairs)
    assert key_of(make_params()) == key
    assert key_of(make_params(), arm="mixed") != key


def test_full_training_writes_weights_that_transformers_loads(study):
    import torch
    from transformers import AutoModelForCausalLM

    params = make_params(method="full")
    train_cell(params, "tiny", "ift", 0)
    folder = student_folder("tiny", "ift", 0)
    names = {file.name for file in folder.iterdir()}
    assert names == {"config.json", "generation_config.json", "model.safetensors"}
    # Whoever works in the same folder may read them.
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o644}
    model = AutoModelForCausalLM.from_pretrained(folder)
    base = AutoModelForCausalLM.from_pretrained(BASE)
    assert model.dtype == torch.float32
    assert not torch.equal(model.lm_head.weight, base.lm_head.weight)


def test_untrained_arm_writes_a_marker_and_costs_nothing(study):
    stage.train_and_record(make_params(), "tiny", "base", 0)
    folder = student_folder("tiny", "base", 0)
    assert [file.name for file in folder.iterdir()] == ["untrained.json"]
    record = read_record("train", "tiny", "base", 0)
    assert record.flops == {"train": 0.0}
    assert record.outputs == {folder.as_posix(): digest_path(folder)}


def test_flops_are_counted_anew_for_a_training_that_scratch_has(study):
    params = make_params()
    stage.train_and_record(params, "tiny", "ift", 0)
    record = read_record("train", "tiny", "ift", 0)
    (kept,) = (study / ".work/training").glob("*/finished/result.json")
    older = {"flops": {"train": 1.0}, "inputs": {"other": "0"}}
    write_sealed(kept, {**read_sealed(kept), **older})
    stage.train_and_record(params, "tiny", "ift", 0)
    again = read_record("train", "tiny", "ift", 0)
    assert (again.flops, again.inputs, again.series) == (
        record.flops,
        record.inputs,
        record.series,
    )


def test_a_base_that_has_changed_since_it_was_found_is_not_trained(study, base_files):
    other = study / "other"
    shutil.copytree(base_files, other)
    (other / "generation_config.json").write_text("{}")
    BASE.unlink()
    BASE.symlink_to(other, target_is_directory=True)
    with pytest.raises(InputError, match="has changed since base@tiny ran; run `dvc repro` again"):
        plan_cell(make_params(), "tiny", "ift", 0)


def test_pairs_that_change_while_they_are_read_are_refused(study, monkeypatch):
    def read_and_change(path):
        rows = worked_pairs()
        write_pairs(path, rows[1:])
        return rows

    monkeypatch.setattr("breakeven.train.arm_lessons.read_pairs", read_and_change)
    with pytest.raises(InputError, match=r"general.parquet: has changed while it was read"):
        plan_cell(make_params(), "tiny", "ift", 0)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_record_counts_tokens_and_flops_of_what_was_learnt(
    study, tokenizer, corpus_examples, method
):
    params = make_params(method=method, epochs=2, gradient_checkpointing=True)
    stage.train_and_record(params, "tiny", "mixed", 0)
    record = read_record("train", "tiny", "mixed", 0)
    plan = plan_cell(params, "tiny", "mixed", 0)
    traced = {sample.pair for sample in plan.selection.samples if sample.style == "reasoning"}
    examples = [
        (corpus_examples.reasoning if pair in traced else corpus_examples.ift)[pair]
        for pair in range(30)
    ] * 2
    assert len(traced) == 15
    assert record.tokens["trained"] == sum(len(one.input_ids) for one in examples)
    assert record.tokens["prompt"] == sum(one.labels_start for one in examples)
    assert record.tokens["trained"] == record.tokens["prompt"] + record.tokens["supervised"]
    for count in ("trained", "prompt", "supervised"):
        styles = record.tokens[f"{count}_ift"] + record.tokens[f"{count}_reasoning"]
        assert record.tokens[count] == styles
    lora = None if method == "full" else Lora(4)
    assert record.flops["train"] == train_flops(
        load_architecture(str(BASE)),
        [len(one.input_ids) - 1 for one in examples],
        method,
        lora,
        [len(one.input_ids) - one.labels_start for one in examples],
    )
    assert record.flops["train_hardware"] > record.flops["train"]
    assert record.device_seconds["cpu"] > 0
    assert record.gpu_hours == 0.0
    assert record.metrics["samples"] == 60
    assert record.metrics["passes"] == 2
    assert record.metrics["peak_memory_bytes"] > 1e7
    assert record.metrics["steps"] == len(record.series["loss"])
    assert set(record.series) == {"loss", "learning_rate", "gradient_norm"}
    assert record.parameters["schedule"]["shortened"] is False
    assert record.inputs.keys() == {BASE.as_posix(), "data/pairs/general.parquet"}


def test_pair_too_long_in_one_style_is_left_out_of_both(study, corpus_examples, capsys):
    lengths = [
        max(len(one.input_ids) for one in both)
        for both in zip(corpus_examples.ift, corpus_examples.reasoning, strict=True)
    ]
    limit = sorted(lengths)[14]
    kept = {number for number, length in enumerate(lengths) if length <= limit}
    params = make_params(max_length=limit)
    plans = [plan_cell(params, "tiny", arm, 0) for arm in ("ift", "reasoning")]
    for plan in plans:
        assert plan.examples.too_long == 30 - len(kept)
        assert plan.examples.ids == tuple(f"chain-{number:03d}" for number in sorted(kept))
    train_cell(params, "tiny", "ift", 0)
    shown = capsys.readouterr().err
    assert f"{30 - len(kept)} pairs left out of every style: longer than" in shown


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"max_length": 5}, r"training.max_length: value is 5; none of the 30 pairs .* use up to"),
        ({"max_length": 600}, r"max_length: value is 600; student tiny has a context of 512"),
        (
            {"arms": {"ift": {"reasoning_share": 0, "budget": {"tokens": 3}}}},
            r"arms.ift.budget: 3 does not pay for the first sample, which takes \d+ tokens; use",
        ),
    ],
)
def test_cell_that_cannot_be_trained_says_what_to_change(study, given, problem):
    with pytest.raises(InputError, match=problem):
        train_cell(make_params(**given), "tiny", "ift", 0)
    assert not student_folder("tiny", "ift", 0).exists()


def test_seed_that_is_not_the_studys_is_refused_before_anything(study):
    with pytest.raises(InputError, match=r"params.yaml: seeds: 99 is not in it; use 0, or add it"):
        stage.train_and_record(make_params(), "tiny", "ift", 99)
    assert not student_folder("tiny", "ift", 99).exists()
    assert not Path(".work").exists()


def test_pair_without_a_trace_is_named(study):
    pairs = [Pair(**{**vars(pair), "reasoning": "7"}) for pair in worked_pairs(1)]
    write_pairs(pairs_path("general"), pairs)
    with pytest.raises(InputError, match="corpus general: pair chain-000: reasoning: '7' does not"):
        train_cell(make_params(), "tiny", "ift", 0)


@pytest.mark.parametrize("amount", ["samples", "tokens", "train_flops"])
def test_budget_is_spent_and_not_exceeded(study, amount):
    """Each budget is what the first pass and a half of the plain arm costs."""
    spent = stage_costs(make_params(epochs=1))
    budget = {"samples": 45, "tokens": 1.5 * spent["tokens"], "train_flops": 1.5 * spent["flops"]}
    given = {"budget": {amount: int(budget[amount])}}
    arms = {
        name: {"reasoning_share": share, **given} for name, share in (("ift", 0), ("mixed", 0.5))
    }
    for arm in arms:
        used = stage_costs(make_params(arms=arms), arm)
        name = {"train_flops": "flops"}.get(amount, amount)
        assert 0.9 * budget[amount] < used[name] <= budget[amount]


def stage_costs(params, arm="ift"):
    plan = plan_cell(params, "tiny", arm, 0)
    examples = list(plan.learnt_examples())
    return {
        "samples": len(examples),
        "tokens": sum(len(one.input_ids) for one in examples),
        "flops": plan.count_flops(examples),
    }


def test_a_corpus_that_keeps_pairs_for_tuning_learns_none_of_them(study):
    write_pairs(pairs_path("general"), worked_pairs(60))
    whole = plan_cell(make_params(), "tiny", "ift", 0)
    kept = {pair.id for pair in worked_pairs(60) if side_of(pair.content) == "tune"}
    assert kept < set(whole.examples.ids)

    tree = make_params().model_dump(mode="json")
    tree["corpora"]["general"]["tuning"] = True
    params = Params.model_validate(tree)
    assert set(plan_cell(params, "tiny", "ift", 0).examples.ids) == set(whole.examples.ids) - kept

    write_pairs(pairs_path("general"), [one for one in worked_pairs(60) if one.id in kept])
    with pytest.raises(InputError, match=r"corpora.general.tuning: every pair is on the tune side"):
        plan_cell(params, "tiny", "ift", 0)


def test_two_modes_of_answering_are_one_training(study):
    arm = {"reasoning_share": 0.5, "control": True}
    modes = {f"asked-{mode}": {**arm, "answer_mode": mode} for mode in ("ift", "reasoning")}
    params = make_params(arms=modes)
    first = train_cell(params, "tiny", "asked-ift", 0)
    steps = Steps()
    second = train_cell(params, "tiny", "asked-reasoning", 0, open_log=log_into(steps))
    assert steps == []
    assert second.key == first.key
    assert second.key != train_cell(params, "tiny", "mixed", 0).key
