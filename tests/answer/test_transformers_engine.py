"""What the engine reads and writes: prompts, parts, counts."""

import pytest
import torch
from tests.answer.conftest import lay_data, study, task
from tests.answer.tiny import TOKENIZER, save_base, tiny_model
from tests.rendering.single import render_completion

from breakeven.answer.task_prompts import Wording, render_items, render_tasks
from breakeven.answer.transformers_engine import answer_batch, choose_placement
from breakeven.core.files import write_rows
from breakeven.core.layout import task_path
from breakeven.decoding import sampling
from breakeven.decoding.batching import BatchRow
from breakeven.decoding.memory_room import MemoryRoom
from breakeven.grading.graders import grade_answer
from breakeven.params import Decoding
from breakeven.rendering import Shot, render_prompt
from breakeven.rows.grade import UNPARSED
from breakeven.rows.item import Item

END = TOKENIZER.convert_tokens_to_ids("<|im_end|>")


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def prompts(task="t", shots=()):
    return render_items(TOKENIZER, task, [], Wording(len(shots)), shots)


def write(model, monkeypatch, scripts, limit, shots=()):
    """Answers of a model that is made to choose the tokens of `scripts`, one a row."""
    padded = torch.tensor([script + [5] * (limit - len(script)) for script in scripts])
    monkeypatch.setattr(
        sampling, "chooser", lambda *_: lambda logits, rows, step, written: padded[rows, step]
    )
    rows = [
        BatchRow(f"i{n}", 0, tuple(render_prompt(TOKENIZER, "1 + 1?", shots)))
        for n in range(len(scripts))
    ]
    shown, room = prompts(shots=shots), MemoryRoom("")
    return answer_batch(model, TOKENIZER, shown, rows, Decoding(), limit=limit, room=room)


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


def test_log_probabilities_are_summed_over_the_trace_and_over_the_answer(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7.", "7")
    traced, plain = write(model, monkeypatch, [completion, completion[-2:]], 40)
    prompt = render_prompt(TOKENIZER, "1 + 1?")
    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *completion]])).logits[0, len(prompt) - 1 : -1]
    terms = logits.log_softmax(-1).gather(-1, torch.tensor(completion)[:, None])[:, 0]
    parts = terms.split([traced.thinking_tokens, traced.answer_tokens])
    assert traced.thinking_logprob_sum == pytest.approx(float(parts[0].sum()), abs=1e-3)
    assert traced.answer_logprob_sum == pytest.approx(float(parts[1].sum()), abs=1e-3)
    assert traced.logprob_sum == pytest.approx(float(terms.sum()), abs=1e-3)
    assert plain.thinking_logprob_sum == 0.0


def test_a_limit_reached_inside_the_trace_is_a_wrong_truncated_answer(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7. So 7.", "7")
    close = completion.index(TOKENIZER.convert_tokens_to_ids("</think>"))
    (answer,) = write(model, monkeypatch, [completion[:close]], close)
    assert answer.stop == "length"
    assert (answer.thinking_tokens, answer.answer_tokens) == (close, 0)
    assert grade_answer(answer, item()) == (UNPARSED, True)


def test_an_end_inside_the_trace_is_a_wrong_truncated_answer_too(model, monkeypatch):
    completion = render_completion(TOKENIZER, "3 + 4 = 7.", "7")
    (answer,) = write(model, monkeypatch, [[*completion[:5], END]], 40)
    assert answer.stop == "stop"
    assert answer.answer_tokens == 0
    assert grade_answer(answer, item()) == (UNPARSED, True)


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
    for rendered in render_tasks(params, "tiny", project / "base", TOKENIZER).values():
        if rendered.task == "chain-open":
            ids = list(rendered.token_ids[0][1])
            framed = 0 if rendered.shots else 1  # the turn of the user ends once
            assert ids.count(END) == framed
            assert TOKENIZER.convert_tokens_to_ids("<think>") not in ids
            assert "a<|im_end|>\n<think>b" in TOKENIZER.decode(ids)


def test_samples_of_items_with_one_id_in_two_tasks_are_drawn_apart(model):
    rows = [BatchRow("0", 0, tuple(render_prompt(TOKENIZER, "1 + 1?")))]
    sampled = Decoding(temperature=1.0, samples=2)
    first, second = (
        answer_batch(model, TOKENIZER, prompts(task), rows, sampled, limit=20, room=MemoryRoom(""))
        for task in ("one", "two")
    )
    assert first[0].text != second[0].text


def test_batches_side_by_side_share_the_threads():
    answering = study(answering={"threads": 6}).answering
    placement = choose_placement(answering)
    if placement.device == "cpu":
        assert (placement.workers, placement.threads) == (4, 1)
        assert placement.dtype == "float32"
