"""Every profile is a valid params file, and those of the study hold what the study says."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

from breakeven.catalogue.benchmark import catalogue
from breakeven.costs.exact import answer_flops, train_flops
from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import load_architecture
from breakeven.params import CatalogueSource, CatalogueTask, HubBase, Params, load_params

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))
GPU = ("paper", "paper-gemma", "single-gpu")

# Learning rates that the study states (arXiv 2509.22193): student, IFT, reasoning.
RATES = {
    "Qwen/Qwen2.5-0.5B": (1e-5, 2e-5),
    "Qwen/Qwen2.5-1.5B": (7e-6, 1e-5),
    "Qwen/Qwen2.5-3B": (5e-6, 7e-6),
    "Qwen/Qwen2.5-7B": (3e-6, 5e-6),
    "Qwen/Qwen2.5-14B": (1e-6, 3e-6),
    "google/gemma-3-1b-pt": (1e-5, 2e-5),
    "google/gemma-3-4b-pt": (3e-6, 5e-6),
    "google/gemma-3-12b-pt": (1e-6, 2e-6),
}


def profile(name: str) -> Params:
    return load_params(ROOT / f"profiles/{name}.yaml")


def bases(params: Params) -> dict[str, HubBase]:
    return {name: row.base for name, row in params.students.items() if row.base.kind == "hub"}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_profile_validates_and_says_how_it_is_run(path: Path) -> None:
    assert load_params(path).students
    text = path.read_text()
    head = text.partition("\nstudy:")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert re.search("dvc repro|make study", head)


@pytest.mark.parametrize("name", GPU)
def test_bases_are_pinned_to_commits_and_their_shapes_are_known(name: str) -> None:
    for base in bases(profile(name)).values():
        assert re.fullmatch(r"[0-9a-f]{40}", base.revision)
        assert load_architecture(base.repo).total_parameters > 1e8


@pytest.mark.parametrize(("name", "times"), [("paper", 1), ("paper-gemma", 1), ("single-gpu", 10)])
def test_learning_rates_are_the_studys_by_size_and_style(name: str, times: float) -> None:
    params = profile(name)
    for student, base in bases(params).items():
        rates = params.students[student].learning_rates
        ift, reasoning = RATES[base.repo]
        assert rates["ift"] == pytest.approx(times * ift)
        assert rates["reasoning"] == pytest.approx(times * reasoning)


@pytest.mark.parametrize("name", ["paper", "paper-gemma"])
def test_training_is_as_the_study_states_it(name: str) -> None:
    training = profile(name).training
    assert (training.method, training.epochs, training.batch_sequences) == ("full", 1, 32)
    schedule = training.schedule
    assert (schedule.warmup_steps, schedule.decay_steps, schedule.floor) == (150, 300, 0.1)
    assert training.launch == "profiles/accelerate/fsdp.yaml"


def test_the_paper_profile_holds_all_tasks_sizes_and_arms_of_the_study() -> None:
    params = profile("paper")
    asked = {task.benchmark for task in params.tasks.values() if isinstance(task, CatalogueTask)}
    assert asked == set(catalogue().benchmarks)
    assert [base.repo for base in bases(params).values()] == [*RATES][:5]
    arms = {
        (arm.corpus, arm.then, arm.reasoning_share, arm.order)
        for arm in params.arms.values()
        if arm.trained
    }
    plain = {
        (corpus, then, share, "mixed")
        for corpus, then in (("general", None), ("math", None), ("general", "math"))
        for share in (0.0, 1.0)
    }
    mixes = {
        ("general", None, share, order)
        for share in (0.25, 0.5, 0.75)
        for order in ("mixed", "sequential")
    }
    assert arms == plain | mixes
    assert params.arms["base"].shots == 3
    assert params.answering.max_new_tokens == 16 * 1024
    assert len(params.grading.judges) == 3


@pytest.mark.parametrize("name", GPU)
def test_every_task_with_examples_has_a_source_of_them(name: str) -> None:
    params = profile(name)
    given = {row.benchmark for row in params.sources.values() if isinstance(row, CatalogueSource)}
    shown = {
        catalogue().shown(task.benchmark)
        for task in params.tasks.values()
        if isinstance(task, CatalogueTask)
    }
    assert given == shown - {None}


@pytest.mark.parametrize("name", GPU)
def test_prompts_answers_and_examples_fit_the_context(name: str) -> None:
    params = profile(name)
    context = params.answering.server.max_model_len
    assert context is not None
    assert params.answering.max_new_tokens + 4096 <= context <= 32768
    assert params.training.max_length <= params.answering.max_new_tokens


def test_tasks_graded_by_judges_have_judges() -> None:
    for name in GPU:
        params = profile(name)
        asked = [row.benchmark for row in params.tasks.values() if isinstance(row, CatalogueTask)]
        if any(catalogue().benchmarks[one].grader == "judge" for one in asked):
            assert params.grading.judges


def test_the_bill_in_the_single_gpu_profile_is_what_the_formulas_give() -> None:
    params = profile("single-gpu")
    pairs = params.sources["general"].prompts
    items = 11 * 200 + 30
    prompt, ift, reasoning = 558 / 4 + 30, 1739 / 4, 10365 / 4  # 30 for the chat template
    training, answering = [], []
    for base in bases(params).values():
        shape, lora = load_architecture(base.repo), Lora(params.training.lora.rank)
        plain, traced = (
            pairs * train_flops(shape, [prompt + new], "qlora", lora) for new in (ift, reasoning)
        )
        training.append(plain + traced + (plain + traced) / 2)
        # Tokens of general and mathematical items: prompts, then answers short and with traces.
        short = answer_flops(shape, [300.0, 150.0], [100.0, 400.0]).sum()
        long = answer_flops(shape, [300.0, 150.0], [800.0, 3000.0]).sum()
        answering.append(items / 2 * 2 * (short + long))
    text = (ROOT / "profiles/single-gpu.yaml").read_text()
    assert [f"{flops / 1e18:.2f}" for flops in training] == ["0.14", "0.42", "0.83"]
    assert "0.14, 0.42 and 0.83 EFLOP" in text
    assert [f"{flops / 1e18:.3f}" for flops in answering] == ["0.012", "0.037", "0.074"]
    assert "0.012, 0.037 and 0.074" in text
    hours = [1.5 * sum(training) / (165e12 / 4) / 3600, sum(answering) / (165e12 / 16) / 3600]
    assert [f"{hour:.1f}" for hour in hours] == ["14.2", "3.3"]
