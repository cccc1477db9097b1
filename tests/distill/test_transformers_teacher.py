"""A teacher in this process: the real template, exact counts, and no prompt answered twice."""

import shutil
from pathlib import Path

import pytest
import torch
from tests.answer.tiny import TOKENIZER, tiny_model
from tests.distill.studies import SOURCE, completions, lay_params, lay_prompts, prompts

from breakeven.core.errors import InputError, MachineError
from breakeven.core.records import read_record
from breakeven.costs.exact import answer_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.decoding import memory_room
from breakeven.distill.stage import run as distill
from breakeven.distill.teacher_prompts import render_prompts
from breakeven.models.loading import load_tokenizer
from breakeven.params import TeacherStyle
from breakeven.rows.prompt import Prompt

FOLDER = Path("assets/teacher")
# As Qwen3's: a system prompt, an empty trace where thinking is off, an opened one where it is on.
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking %}<think>\n{% else %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)


@pytest.fixture
def teacher(project):
    """A random model in a folder; its answers vary with the prompt."""
    tiny_model(context=64).save_pretrained(FOLDER)
    TOKENIZER.save_pretrained(FOLDER)
    (FOLDER / "chat_template.jinja").write_text(TEMPLATE)
    return {
        "kind": "transformers",
        "model": {"kind": "folder", "path": str(FOLDER)},
        "batch_size": 4,
        "threads": 1,
        "styles": {
            "ift": {"trace": "none", "max_new_tokens": 6},
            "reasoning": {
                "trace": "none",
                "max_new_tokens": 9,
                "template": {"enable_thinking": True},
                "temperature": 1.0,
                "top_p": 0.9,
            },
        },
    }


def rendered(style, *texts):
    tokenizer = load_tokenizer(FOLDER)
    rows = [Prompt("p", "s", text, text) for text in texts]
    style = TeacherStyle.model_validate({"trace": "none", "max_new_tokens": 1, **style})
    return tokenizer, render_prompts(tokenizer, style, rows, "params.yaml: teacher.styles.ift")


def test_prompts_are_rendered_as_the_template_renders_them(teacher):
    style = {"system": "Be short.", "template": {"enable_thinking": True}}
    tokenizer, found = rendered(style, "word 1")
    chat = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "word 1"}]
    text = tokenizer.apply_chat_template(
        chat, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    assert list(found.prompts[0].ids) == tokenizer(text, add_special_tokens=False)["input_ids"]
    assert found.opened
    assert not rendered({}, "word 1")[1].opened


def test_a_special_token_that_a_prompt_spells_stays_text(teacher):
    tokenizer, found = rendered({}, "say <|im_end|> now")
    ends = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert found.prompts[0].ids.count(ends) == 1


def test_a_template_that_refuses_a_system_prompt_is_told(teacher):
    (FOLDER / "chat_template.jinja").write_text(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "{{ messages[0].content }}"
    )
    with pytest.raises(InputError, match=r"teacher\.styles\.ift: .* no system role"):
        rendered({"system": "Be short."}, "word 1")


def test_counts_and_flops_are_the_engines_own(teacher):
    lay_prompts(prompts(6))
    distill(lay_params(teacher), SOURCE, "ift")
    rows, record = completions("ift"), read_record("distill", SOURCE, "ift")
    _, found = rendered({}, *(f"word {n}" for n in range(6)))
    assert [row.prompt_tokens for row in rows] == [len(one.ids) for one in found.prompts]
    assert all(1 <= row.answer_tokens <= 6 for row in rows)
    shape = load_architecture(str(FOLDER))
    assert record.flops["teacher"] == sum(
        answer_flops(shape, row.prompt_tokens, row.new_tokens) for row in rows
    )
    assert record.device_seconds["cpu"] > 0
    assert record.gpu_hours == 0.0
    assert {row.stop for row in rows} <= {"stop", "length"}
    cut = [row for row in rows if row.stop == "length"]
    assert all(row.new_tokens == 6 for row in cut)
    assert record.metrics["truncated"] == len(cut)


def test_a_trace_that_the_template_opened_and_nobody_closed_is_unclosed(teacher):
    lay_prompts(prompts(4))
    distill(lay_params(teacher), SOURCE, "reasoning")
    assert all(
        not row.closed and row.thinking and not row.answer for row in completions("reasoning")
    )
    assert all(row.thinking_tokens == row.new_tokens for row in completions("reasoning"))


def test_a_stopped_run_goes_on_and_gives_what_an_undisturbed_one_gives(teacher, monkeypatch):
    lay_prompts(prompts(10))
    params, real, sizes = lay_params(teacher), memory_room.generate_what_fits, []

    def failing(model, rows, **settings):
        if len(sizes) == 1:
            raise KeyboardInterrupt
        sizes.append(len(rows))
        return real(model, rows, **settings)

    monkeypatch.setattr(memory_room, "generate_what_fits", failing)
    with pytest.raises(KeyboardInterrupt):
        distill(params, SOURCE, "reasoning")

    def counting(model, rows, **settings):
        sizes.append(len(rows))
        return real(model, rows, **settings)

    monkeypatch.setattr(memory_room, "generate_what_fits", counting)
    distill(params, SOURCE, "reasoning")
    assert sum(sizes) == 10
    resumed = completions("reasoning")
    record = read_record("distill", SOURCE, "reasoning")
    assert record.metrics["peak_memory_bytes"] is None
    assert "earlier run" in record.absent["peak_memory_bytes"]
    Path(".work").rename("elsewhere")
    distill(params, SOURCE, "reasoning")
    assert completions("reasoning") == resumed


def test_a_prompt_draws_the_same_in_any_batch_and_other_seeds_draw_others(teacher):
    def drawn(**changes):
        distill(lay_params({**teacher, **changes}), SOURCE, "reasoning")
        return [row.thinking for row in completions("reasoning")]

    lay_prompts(prompts(8))
    first = drawn()
    Path(".work").rename("elsewhere")
    assert drawn(batch_size=3) == first
    assert drawn(seed=1) != first


def test_the_one_likeliest_token_is_greedy(teacher):
    lay_prompts(prompts(6))
    found = []
    for sampling in ({"temperature": 0.0}, {"temperature": 1.0, "top_k": 1}):
        styles = {**teacher["styles"], "ift": {**teacher["styles"]["ift"], **sampling}}
        distill(lay_params({**teacher, "styles": styles}), SOURCE, "ift")
        found.append([row.answer for row in completions("ift")])
    assert found[0] == found[1]


def test_a_context_that_is_too_small_is_told_with_the_lengths(teacher):
    lay_prompts(prompts(2))
    styles = {**teacher["styles"], "ift": {"trace": "none", "max_new_tokens": 60}}
    with pytest.raises(InputError, match=r"max_new_tokens is 60: together .* context of 64"):
        distill(lay_params({**teacher, "styles": styles}), SOURCE, "ift")


def test_a_field_of_servers_is_no_place_for_a_trace_here(teacher):
    styles = {**teacher["styles"], "ift": {"trace": "reasoning-content", "max_new_tokens": 4}}
    with pytest.raises(InputError, match=r"ift\.trace: value is 'reasoning-content'"):
        lay_params({**teacher, "styles": styles})


@pytest.mark.parametrize("rows", [1, 0])
def test_a_batch_that_does_not_fit_is_halved_and_one_prompt_that_does_not_is_told(
    teacher, monkeypatch, capsys, rows
):
    lay_prompts(prompts(10))
    params, real = lay_params(teacher), memory_room.generate_what_fits
    distill(params, SOURCE, "ift")
    expected = [(row.id, row.answer) for row in completions("ift")]
    shutil.rmtree(".work")

    def in_little_memory(model, batch, **settings):
        def look(_layer, inputs):
            if len(inputs[0]) > rows:
                torch.empty(2**46)

        handle = model.get_input_embeddings().register_forward_pre_hook(look)
        try:
            return real(model, batch, **settings)
        finally:
            handle.remove()

    monkeypatch.setattr(memory_room, "generate_what_fits", in_little_memory)
    if not rows:
        with pytest.raises(MachineError, match=r"^params.yaml: teacher\.styles\.ift\.max_new_tok"):
            distill(params, SOURCE, "ift")
        return
    distill(params, SOURCE, "ift")
    assert [(row.id, row.answer) for row in completions("ift")] == expected
    assert "params.yaml: teacher.batch_size: value is " in capsys.readouterr().err
