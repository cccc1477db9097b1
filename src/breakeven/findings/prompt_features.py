"""What a router may know of a question before anything has answered it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def prompt_features(
    questions: "pd.DataFrame", prompts: Mapping[tuple[str, str], str]
) -> "NDArray[np.float64]":
    """(questions, features) of `questions`, which has task and item, and depth or prompt_tokens.

    Features are the task, which tells family and format; serial steps where they are known; and of
    the text its characters, words, digits and lines. Without the texts of all questions, the
    prompt's tokens stand for its length.
    """
    import numpy as np
    import pandas as pd

    parts = [pd.get_dummies(questions["task"]).to_numpy(dtype=np.float64)]
    if "depth" in questions.columns:
        depth = questions["depth"].to_numpy(dtype=np.float64, na_value=np.nan)
        parts.append(np.column_stack([np.nan_to_num(depth), np.isnan(depth)]))
    text = text_features(questions, prompts)
    if text is not None:
        parts.append(text)
    elif "prompt_tokens" in questions.columns:
        tokens = questions["prompt_tokens"].to_numpy(dtype=np.float64, na_value=np.nan)
        parts.append(np.log1p(np.nan_to_num(tokens))[:, None])
    return np.hstack(parts)


def text_features(
    questions: "pd.DataFrame", prompts: Mapping[tuple[str, str], str]
) -> "NDArray[np.float64] | None":
    """(questions, 4): characters, words, digits and lines; None unless all texts are known."""
    import numpy as np

    keys = list(zip(questions["task"], questions["item"], strict=True))
    if not all(key in prompts for key in keys):
        return None
    return np.array([_text_counts(prompts[key]) for key in keys])


def _text_counts(text: str) -> list[float]:
    """Logarithms: a prompt of twice the length is one step further, short or long."""
    import math

    digits = sum(letter.isdigit() for letter in text)
    counts = (len(text), len(text.split()), digits, text.count("\n"))
    return [math.log1p(count) for count in counts]
