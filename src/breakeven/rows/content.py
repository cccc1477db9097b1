"""What identifies a prompt that only its text can identify."""

from breakeven.core.files import digest_json


def content_of(prompt: str) -> str:
    """A digest of the prompt's text, white space folded: the same prompt has it in any source."""
    return f"prompt {digest_json(' '.join(prompt.split()))[:16]}"
