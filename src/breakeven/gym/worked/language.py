"""Letters, words and statements: what can be looked at in parts, none waiting for another."""

from breakeven.gym.worked.solver import Raw, Worked, with_answer


def letters(raw: Raw) -> Worked | None:
    """How often a letter is in each word that has it, and in all words so far."""
    letter, total, steps = raw["metadata"]["target_letter"].lower(), 0, []
    for word in raw["metadata"]["span"]:
        times = word.lower().count(letter)
        if times:
            total += times
            steps.append(f"{word} has {times}, that makes {total}")
    if not steps:
        steps.append(f"No word has {letter}")
    return with_answer(steps, raw, None) if str(total) == raw["answer"] else None


def backward(raw: Raw) -> Worked | None:
    """A word spelt, then spelt from its end."""
    word = raw["metadata"]["word"]
    steps = [f"Letters: {' '.join(word)}", f"From the end: {' '.join(reversed(word))}"]
    return with_answer(steps, raw, None) if word[::-1] == raw["answer"] else None


def needle(raw: Raw) -> Worked | None:
    """The one statement that says what is asked."""
    statements, _, asked = raw["question"].rpartition("\n")
    said = asked.removeprefix("Who ").partition("?")[0]
    found = [one for one in statements.split(". ") if one.removesuffix(".").endswith(f" {said}")]
    statement = found[0].strip().removesuffix(".") if len(found) == 1 else ""
    # Two people may do the same thing in one haystack; then the question has no one answer.
    return with_answer([statement], raw, None) if statement == f"{raw['answer']} {said}" else None
