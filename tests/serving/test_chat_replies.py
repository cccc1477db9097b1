"""What servers say in a chat completion: read alike, or refused with what is not known."""

import pytest

from breakeven.serving.chat_replies import UnreadableReplyError, has_failed, read_chat, read_usage

COUNTS = {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18}


def body(finish="stop", usage=None, **message):
    message = {"role": "assistant", "content": "7", **message}
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": COUNTS if usage is None else usage,
    }


ENDS = {
    "stop": ("stop", "eos", "eos_token", "end", "end_turn", "stop_sequence", "STOP", "COMPLETE"),
    "length": ("length", "max_tokens", "model_length", "MAX_TOKENS", "max_output_tokens"),
    "content_filter": ("content_filter",),
    "tool_calls": ("tool_calls",),
    "safety": ("SAFETY",),
}


@pytest.mark.parametrize(("word", "stop"), [(w, s) for s, words in ENDS.items() for w in words])
def test_words_for_an_end_mean_the_same(word, stop):
    assert read_chat(body(finish=word)).stop == stop


@pytest.mark.parametrize("word", [None, "", "stopped_by_moonlight", 3, ["stop"]])
def test_a_word_that_is_not_known_is_refused(word):
    with pytest.raises(UnreadableReplyError, match=r"finish_reason|which is not known"):
        read_chat(body(finish=word))


def test_a_server_that_gave_up_may_be_asked_again():
    assert has_failed(body(finish="error"))
    assert has_failed({"choices": [{"text": "", "finish_reason": "abort"}]})
    assert not has_failed(body(finish="stop"))
    assert not has_failed({"choices": []})


TEXT = {"type": "text", "text": "7"}
CONTENTS = [
    # message, (content, reasoning)
    ({"content": "7"}, ("7", None)),
    ({"content": None}, ("", None)),
    ({"content": ""}, ("", None)),
    ({"content": "7", "reasoning": "I add."}, ("7", "I add.")),
    ({"content": "7", "reasoning_content": "I add."}, ("7", "I add.")),
    ({"content": "7", "reasoning": "", "reasoning_content": None}, ("7", None)),
    ({"content": "7", "reasoning": "I add.", "reasoning_content": "I add."}, ("7", "I add.")),
    ({"content": None, "reasoning": "I add."}, ("", "I add.")),
    ({"content": [TEXT]}, ("7", None)),
    ({"content": []}, ("", None)),
    ({"content": [{"type": "output_text", "text": "So "}, TEXT]}, ("So 7", None)),
    (
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "I add."}]}, TEXT]},
        ("7", "I add."),
    ),
    (
        {
            "content": [
                {"type": "thinking", "thinking": "I "},
                {"type": "thinking", "thinking": "add."},
            ]
        },
        ("", "I add."),
    ),
    ({"content": [{"type": "reasoning", "text": "I add."}, TEXT]}, ("7", "I add.")),
]


@pytest.mark.parametrize(("message", "parts"), CONTENTS)
def test_text_and_trace_are_found_where_servers_put_them(message, parts):
    read = read_chat(body(**message))
    assert (read.content, read.reasoning) == parts


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"content": {"text": "7"}}, "content of the type dict"),
        ({"content": 7}, "content of the type int"),
        ({"content": ["7"]}, "a part '7'"),
        ({"content": [{"type": "image_url", "image_url": {}}]}, "a part of the type 'image_url'"),
        ({"content": [{"type": "text"}]}, "a part of the type 'text'"),
        ({"content": [{"type": "thinking", "thinking": [{"text": 3}]}]}, "of the type 'thinking'"),
        ({"content": [TEXT, {"type": "thinking", "thinking": "late"}]}, "of the type 'thinking'"),
        ({"content": "7", "reasoning": ["I add."]}, "reasoning of the type list"),
        ({"content": "7", "reasoning": "a", "reasoning_content": "b"}, "two traces that differ"),
    ],
)
def test_content_of_another_shape_is_refused(message, words):
    with pytest.raises(UnreadableReplyError, match=words):
        read_chat(body(**message))


@pytest.mark.parametrize("reply", [{}, {"choices": {}}, {"choices": [3]}, {"choices": [{}]}])
def test_a_reply_without_a_message_is_refused(reply):
    with pytest.raises(UnreadableReplyError, match="holds no"):
        read_chat(reply)


def test_a_refusal_in_a_field_of_its_own_is_no_answer():
    part = {"type": "refusal", "refusal": "I will not."}
    assert read_chat(body(content=None, refusal="I will not.")).stop == "refusal"
    assert read_chat(body(content=[part])).stop == "refusal"
    assert read_chat(body(content="7", refusal="")).stop == "stop"


def usage(prompt, written, total, thought=None, **more):
    details = (
        {} if thought is None else {"completion_tokens_details": {"reasoning_tokens": thought}}
    )
    counts = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": total}
    return {**{name: n for name, n in counts.items() if n is not None}, **details, **more}


COUNTED = [
    # usage, (prompt, completion, thinking)
    (usage(12, 319, 331, 317), (12, 319, 317)),  # within: OpenAI, DeepSeek, OpenRouter
    (usage(12, 2, 331, 317), (12, 319, 317)),  # beside: xAI
    (usage(12, 2, 331), (12, 319, 317)),  # in the total alone: Gemini
    (usage(12, 2, 14), (12, 2, None)),
    (usage(12, 2, 14, 0), (12, 2, 0)),
    (usage(12, 2, 14, 2), (12, 2, 2)),
    (usage(12, 319, None, 317), (12, 319, 317)),
    (usage(12, 2, None, 317), (12, 319, 317)),
    (usage(12, 319, 331, None, reasoning_tokens=317), (12, 319, 317)),  # SGLang
    (usage(12, None, 331, 317), (12, 319, 317)),
    (usage(None, 6, 18), (None, 6, None)),
    (usage(12, 6, 18, None, completion_tokens_details=None), (12, 6, None)),
    (None, (None, None, None)),
    ({}, (None, None, None)),
]


@pytest.mark.parametrize(("counts", "expected"), COUNTED)
def test_tokens_of_the_trace_are_counted_once_wherever_a_server_has_them(counts, expected):
    assert read_usage(counts) == (*expected, None)


@pytest.mark.parametrize(
    "counts",
    [
        usage(12, 2, 100, 317),
        usage(12, 2, 14, 317),
        usage(12, 20, 14),
        usage(12, 2, 20, 3),
        usage(12, -1, 11),
        usage(12, "2", 14),
        usage(12, 2.5, 14),
        usage(12, True, 13),
        [12, 2],
    ],
)
def test_counts_that_contradict_each_other_are_refused(counts):
    with pytest.raises(UnreadableReplyError, match=r"contradict|has |counts tokens as"):
        read_usage(counts)


CACHED = [
    # usage beyond 12, 2 and 14 tokens, cached tokens
    ({"prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0}}, 8),  # OpenAI, vLLM, xAI
    ({"prompt_tokens_details": {"cached_tokens": 0}}, 0),
    ({"prompt_tokens_details": {"cached_tokens": 12}}, 12),
    ({"prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 7}, 5),  # DeepSeek
    ({"prompt_cache_hit_tokens": 5, "prompt_tokens_details": {"cached_tokens": 5}}, 5),
    ({"prompt_tokens_details": None}, None),
    ({"prompt_tokens_details": {}}, None),
    ({"prompt_tokens_details": {"cached_tokens": None}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("more", "cached"), CACHED)
def test_what_a_server_had_read_before_is_a_part_of_the_prompt_or_not_told(more, cached):
    for total in (14, 31, None):  # whatever else the counts say
        assert read_usage(usage(12, 2, total, **more)).cached_tokens == cached
    assert read_chat(body(usage=usage(12, 2, 14, **more))).cached_tokens == cached


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 13}}, "prompt_tokens 12, of which cached 13"),
        ({"prompt_cache_hit_tokens": 13}, "prompt_tokens 12, of which cached 13"),
        (
            {"prompt_cache_hit_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}},
            "of which cached 5 and 6",
        ),
        ({"prompt_tokens_details": {"cached_tokens": -1}}, "has cached_tokens of -1"),
        ({"prompt_tokens_details": {"cached_tokens": "8"}}, "has cached_tokens of '8'"),
        ({"prompt_tokens_details": [8]}, r"has prompt_tokens_details of '\[8\]'"),
        ({"prompt_cache_hit_tokens": True}, "has prompt_cache_hit_tokens of True"),
    ],
)
def test_cached_tokens_that_cannot_be_are_refused(more, words):
    with pytest.raises(UnreadableReplyError, match=words):
        read_usage(usage(12, 2, 14, **more))


def test_of_a_prompt_that_was_not_counted_no_part_is_known():
    details = {"prompt_tokens_details": {"cached_tokens": 0}}
    assert read_chat(body(usage=usage(0, 2, 2, **details))).cached_tokens is None
    assert read_chat(body(usage=usage(None, 2, None, **details))).cached_tokens is None


def test_a_server_that_counts_nothing_is_not_taken_to_have_written_nothing():
    zeros = usage(0, 0, 0)
    assert read_chat(body(usage=zeros))[3:6] == (None, None, None)
    assert read_chat(body(usage=usage(12, 0, 12), content=""))[3:6] == (12, 0, None)


CALL = [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


@pytest.mark.parametrize(
    ("message", "stop"),
    [
        ({"content": None, "tool_calls": CALL}, "tool_calls"),
        ({"content": "", "function_call": {"name": "f"}}, "function_call"),
        ({"content": None, "refusal": "no"}, "refusal"),
        ({"content": "7", "tool_calls": CALL}, "stop"),
        ({"content": "7", "tool_calls": []}, "stop"),
        ({"content": None, "tool_calls": None}, "stop"),
    ],
)
def test_a_reply_without_text_ends_by_what_took_its_place(message, stop):
    assert read_chat(body(**message)).stop == stop


def test_several_choices_or_an_error_in_one_are_refused():
    one = body()["choices"][0]
    for choices, words in (
        ([one, one], "holds 2 choices"),
        ([{**one, "error": {"message": "upstream"}}], "holds an error"),
    ):
        with pytest.raises(UnreadableReplyError, match=words):
            read_chat({"choices": choices})
    assert read_chat({"choices": [{**one, "error": None}]}).content == "7"


@pytest.mark.parametrize("text", ["a\ud800", "\udc00"])
@pytest.mark.parametrize("field", ["content", "reasoning"])
def test_half_of_a_character_is_refused(text, field):
    with pytest.raises(UnreadableReplyError, match=r"half of a character \(U\+D"):
        read_chat(body(**{field: text}))


def test_a_trace_in_a_field_beside_the_content_is_not_lost():
    assert read_chat(body(thinking="I add.")).reasoning == "I add."
    details = [{"type": "reasoning.text", "text": "I add."}]
    assert read_chat(body(reasoning="I add.", reasoning_details=details)).reasoning == "I add."
    with pytest.raises(UnreadableReplyError, match="reasoning_details"):
        read_chat(body(reasoning_details=details))


@pytest.mark.parametrize("thinking", [5, True, {"a": 1}, [], [5]])
def test_a_trace_of_another_type_is_refused(thinking):
    with pytest.raises(UnreadableReplyError, match="part of the type 'thinking'"):
        read_chat(body(content=[{"type": "thinking", "thinking": thinking}, TEXT]))


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 10, "total_tokens": 5},
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 9},
        {"prompt_tokens": 10**30, "completion_tokens": 5},
        {**COUNTS, "completion_tokens_details": [3]},
        {**COUNTS, "completion_tokens_details": "3"},
    ],
)
def test_counts_that_cannot_be_are_refused(usage):
    with pytest.raises(UnreadableReplyError):
        read_usage(usage)


def test_a_count_of_nothing_where_there_is_text_is_absent():
    none_read = {"prompt_tokens": 0, "completion_tokens": 5, "total_tokens": 5}
    assert read_chat(body(usage=none_read))[3:6] == (None, 5, None)
    counts = {**COUNTS, "completion_tokens_details": {"reasoning_tokens": 6}}
    assert read_chat(body(usage=counts))[3:6] == (12, 6, None)  # the answer has tokens too
    cut = read_chat(body(usage=counts, content="", reasoning="I add", finish="length"))
    assert cut[3:6] == (12, 6, 6)
