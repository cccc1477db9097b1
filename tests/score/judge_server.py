"""Judges behind a local OpenAI-compatible server: what they are asked, and what they reply."""

import re

from tests.serving.endpoint import Reaction, completion

_EXTRACT = re.compile(r"FINAL ANSWER.*\n\n(\[\[\w+\]\])\n(.*)\n\1$", re.DOTALL)
_COMPARE = re.compile(
    r"\n\n(\[\[\w+\]\]) question\n(.*)\n\1 reference\n(.*)\n\1 student\n(.*)\n\1$", re.DOTALL
)


def ending_in(text: str) -> str | None:
    """The ending that a request to copy an answer holds; None for another request."""
    match = _EXTRACT.search(text)
    return match[2] if match else None


def comparison_in(text: str) -> tuple[str, str, str] | None:
    """Question, reference and final answer that a request to compare holds."""
    match = _COMPARE.search(text)
    return (match[2], match[3], match[4]) if match else None


def fair_copy(ending: str) -> str:
    """What follows the last "perhaps"; no final answer without one."""
    _, mark, rest = ending.rpartition("perhaps ")
    return f"FINAL ANSWER: {rest.splitlines()[0]}" if mark else "NO FINAL ANSWER"


def fair_word(question: str, reference: str, final: str) -> str:
    """Whether the final answer is the reference, number words included."""
    same = final.strip(" .").replace("seven", "7") == reference
    return "CORRECT" if same else "INCORRECT"


def judge_with(copy=fair_copy, word=fair_word, **usage):
    """A server's reactions for a judge that replies with these two functions."""
    counted = {"prompt_tokens": 50, "completion_tokens": 4, **usage}

    def react(body: dict, number: int) -> Reaction:
        text = body["messages"][-1]["content"]
        ending = ending_in(text)
        content = copy(ending) if ending is not None else word(*comparison_in(text))
        return completion(body, content=content, usage=counted)

    return react
