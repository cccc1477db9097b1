"""What a table or a run means by what it leaves out: one rule for CSV columns and YAML keys."""

from breakeven.params import ResultStyle

DEFAULT_CORPUS = "default"


def arm_name(style: ResultStyle, corpus: str | None) -> str:
    """The style, with the corpus where one is named; an untrained arm has learnt none."""
    return style if style == "base" or corpus in (None, DEFAULT_CORPUS) else f"{style}-{corpus}"


def reasoning_share(style: ResultStyle, given: float | None) -> float | None:
    """The share of traces in training: of a pure style it follows from the style."""
    return {"ift": 0.0, "reasoning": 1.0}.get(style) if given is None else given
