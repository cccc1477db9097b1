"""One example at a time, for tests."""

from breakeven.rendering import Example, Lesson, render_examples


def render_example(tokenizer, prompt, thinking, answer) -> Example:
    return render_examples(tokenizer, [Lesson(prompt, thinking, answer)])[0]


def render_completion(tokenizer, thinking, answer) -> list[int]:
    """What a student learns to write, with the end token."""
    example = render_example(tokenizer, "a", thinking, answer)
    return list(example.input_ids[example.labels_start :])
