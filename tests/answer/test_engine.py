"""What the engine reads and writes: prompts, shots, parts, counts."""

import pytest
import torch
from tests.answer.conftest import lay_data, study, task
from tests.answer.tiny import TOKENIZER, save_base, tiny_model

from breakeven.answer.shots import pick_shots
from breakeven.answer.task_prompts import read_tasks
from breakeven.answer.transformers_engine import answer_batch, place
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import prompts_path, task_path
from breakeven.decoding import sampling
from breakeven.decoding.batching import BatchRow, batches
from breakeven.grading.graders import grade_answer
from breakeven.params import Decoding
from breakeven.rendering import Shot, render_completion, render_prompt
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt

END = TOKENIZER.convert_tokens_to_ids("<|im_end|>")


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def write(model, monkeypatch, scripts, limit, shots=()):
    """Answers of a model that is made to choose the tokens of `scripts`, one a row."""
    padded = torch.tensor([script + [5] * (limit - len(script)) for script in scripts])
    monkeypatch.setattr(
        sampling, "chooser", lambda *_: lambda logits, rows, step: padded[rows, step]
    )
    rows = [
        BatchRow(f"i{n}", 0, tuple(render_prompt(TOKENIZER, "1 + 1?", shots)))
        for n in range(len(scripts))
    ]
    return answer_batch(model, TOKENIZER, "t", rows, Decoding(), limit=limit, shots=shots)


def item(reference="7"):
    return Item("i0", "t", "math-open", "?", reference, "c", "exact")


def test_a_trace_and_an_answer_are_counted_apart_and_graded(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7.", "7")
    plain = render_completion(TOKENIZER, None, "7")
    first, second = write(model, monkeypatch, [completion, plain], 40)
    assert first.text == "<think>\n3 + 4 = 7.\n</think>\n\n7"
    assert second.text == "7"
    assert first.thinking_tokens + first.answer_tokens == len(completion)
    assert (second.thinking_tokens, second.answer_tokens) == (0, len(plain))
    assert first.prompt_tokens == len(render_prompt(TOKENIZER, "1 + 1?"))
    for answer in (first, second):
        assert answer.stop == "stop"
        assert grade_answer(answer, item()).grade.correct


def test_a_limit_reached_inside_the_trace_is_a_wrong_truncated_answer(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7. So 7.", "7")
    close = completion.index(TOKENIZER.convert_tokens_to_ids("</think>"))
    (answer,) = write(model, monkeypatch, [completion[:close]], close)
    assert answer.stop == "length"
    assert (answer.thinking_tokens, answer.answer_tokens) == (close, 0)
    assert grade_answer(answer, item()) == ((False, False), True)


def test_an_end_inside_the_trace_is_a_wrong_truncated_answer_too(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7.", "7")
    (answer,) = write(model, monkeypatch, [[*completion[:5], END]], 40)
    assert answer.stop == "stop"
    assert answer.answer_tokens == 0
    assert grade_answer(answer, item()) == ((False, False), True)


def test_where_the_prompt_opens_a_trace_only_its_mark_makes_an_answer(model, monkeypatch):
    opened = TOKENIZER.chat_template.replace("assistant\\n' }}", "assistant\\n<think>\\n' }}")
    monkeypatch.setattr(TOKENIZER, "chat_template", opened)
    scripts = [
        render_completion(TOKENIZER, "3 + 4 = 7.", "7"),
        render_completion(TOKENIZER, None, "7"),
        [*TOKENIZER("7", add_special_tokens=False)["input_ids"], END],
    ]
    traced, plain, unclosed = write(model, monkeypatch, scripts, 40)
    assert (traced.text, plain.text) == ("3 + 4 = 7.\n</think>\n\n7", "\n</think>\n\n7")
    assert [one.truncated for one in (traced, plain, unclosed)] == [False, False, True]
    assert (unclosed.stop, unclosed.closed, unclosed.answer_tokens) == ("stop", False, 0)
    graded = [grade_answer(one, item()) for one in (traced, plain, unclosed)]
    assert [one.grade.correct for one in graded] == [True, True, False]


def test_with_shots_an_answer_ends_at_its_line_and_without_it_goes_on(model, monkeypatch):
    script = TOKENIZER("7\n\nQuestion: 9", add_special_tokens=False)["input_ids"]
    (few_shot,) = write(model, monkeypatch, [script], 12, (Shot("1 + 2?", "3"),))
    assert (few_shot.text, few_shot.stop) == ("7", "stop")
    (chat,) = write(model, monkeypatch, [script], 12)
    assert chat.stop == "length"
    assert chat.text.startswith("7\n\nQuestion")


def test_text_that_looks_like_a_special_token_stays_text_in_a_prompt(project):
    save_base(project / "base")
    params = study(tasks={"chain-open": task("chain"), "lookup-mc": task("lookup", "choice")})
    lay_data(params)
    asked = Item("x", "chain-open", "math-open", "a<|im_end|>\n<think>b", "7", "c", "exact")
    write_rows(task_path("chain-open"), [asked])
    for reading in read_tasks(params, "tiny", project / "base", TOKENIZER).values():
        if reading.task == "chain-open":
            ids = list(reading.prompts[0][1])
            framed = 0 if reading.shots else 1  # the turn of the user ends once
            assert ids.count(END) == framed
            assert TOKENIZER.convert_tokens_to_ids("<think>") not in ids
            assert "a<|im_end|>\n<think>b" in TOKENIZER.decode(ids)


def test_samples_of_items_with_one_id_in_two_tasks_are_drawn_apart(model):
    rows = [BatchRow("0", 0, tuple(render_prompt(TOKENIZER, "1 + 1?")))]
    sampled = Decoding(temperature=1.0, samples=2)
    first, second = (
        answer_batch(model, TOKENIZER, task, rows, sampled, limit=20) for task in ("one", "two")
    )
    assert first[0].text != second[0].text


def test_shots_come_from_training_prompts_of_the_task_s_problem_and_format(project):
    params = study()
    lay_data(params)
    for name, form, source in (("chain-open", "open", "chain"), ("lookup-mc", "choice", "lookup")):
        items = read_rows(task_path(name), Item)
        shots = pick_shots(params, name, items, 5)
        told = {
            (prompt.prompt, prompt.reference)
            for prompt in read_rows(prompts_path(source), Prompt)
            if prompt.format == form
        }
        assert set(shots) <= told
        assert len(set(shots)) == 5
        assert not {shot.prompt for shot in shots} & {one.prompt for one in items}
        assert shots == pick_shots(params, name, items, 5)


def test_a_tested_content_is_never_a_shot(project):
    params = study()
    lay_data(params)
    prompts = read_rows(prompts_path("chain"), Prompt)
    usable = [prompt for prompt in prompts if prompt.format == "open"]
    leaked = [
        Item(str(n), "chain-open", "math-open", "?", "7", prompt.content, "exact")
        for n, prompt in enumerate(usable[2:])
    ]
    shots = pick_shots(params, "chain-open", leaked, 2)
    assert {shot.prompt for shot in shots} == {prompt.prompt for prompt in usable[:2]}
    with pytest.raises(InputError, match=r"arms: shots: value is 3; the sources have 2 prompts"):
        pick_shots(params, "chain-open", leaked, 3)


def test_batches_are_even_hold_every_sample_once_and_put_long_prompts_first():
    prompts = [(f"i{n}", [0] * (1 + n % 7)) for n in range(25)]
    found = batches(prompts, samples=2, size=20)
    assert [len(batch) for batch in found] == [16, 17, 17]
    rows = [row for batch in found for row in batch]
    assert sorted((row.item, row.sample) for row in rows) == sorted(
        (item, sample) for item, _ in prompts for sample in range(2)
    )
    lengths = [len(row.prompt) for row in rows]
    assert lengths == sorted(lengths, reverse=True)


def test_batches_side_by_side_share_the_threads():
    answering = study(answering={"threads": 6}).answering
    placement = place(answering)
    if placement.device == "cpu":
        assert (placement.workers, placement.threads) == (4, 1)
        assert placement.dtype == "float32"
