"""The one place where prompts and completions become token ids, for training and answering."""

from breakeven.rendering.generated import Generated, end_token_ids, split_generated
from breakeven.rendering.render import (
    Example,
    Lesson,
    Shot,
    begun_answer,
    leaves_trace_open,
    render_examples,
    render_prompt,
)

__all__ = [
    "Example",
    "Generated",
    "Lesson",
    "Shot",
    "begun_answer",
    "end_token_ids",
    "leaves_trace_open",
    "render_examples",
    "render_prompt",
    "split_generated",
]
