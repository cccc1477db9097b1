"""Whether traces come where the style says: to be known after a few replies, not after all."""

from breakeven.core.errors import InputError
from breakeven.distill.journal import Reply
from breakeven.distill.reply_parts import split_reply
from breakeven.params import TeacherStyle
from breakeven.rows.traces import THINK_CLOSE

# So many replies alike are no accident.
FIRST_REPLIES = 16
REPLIES_KEPT = "what was answered is kept"


class TraceCheck:
    """Looks at replies as they come; `key` leads to the style in params.yaml."""

    def __init__(self, style: TeacherStyle, key: str) -> None:
        self._style, self._key = style, key
        self._seen = self._traced = self._withheld = 0

    def check(self, reply: Reply) -> None:
        """Raise InputError where traces come in another place, or all or none have one."""
        self._check_end(reply)
        self._check_place(reply)
        trace = split_reply(reply)
        if reply.stop not in ("stop", "length"):
            return
        if reply.stop == "length" and not trace.thinking:
            return  # it may be a trace whose opening mark was in the prompt
        self._seen += 1
        self._traced += bool(trace.thinking)
        if self._seen == FIRST_REPLIES:
            self._check_share()

    def _check_end(self, reply: Reply) -> None:
        """A prompt that a server refuses is left out of the pairs; where it refuses all, the
        request is wrong."""
        self._withheld += reply.stop not in ("stop", "length")
        if self._withheld == FIRST_REPLIES and not self._seen:
            raise InputError(
                f"{self._key}: the server kept back each of the first {FIRST_REPLIES} replies, the "
                f"last by {reply.stop!r}; offer no tools, or use another model ({REPLIES_KEPT})"
            )

    def _check_place(self, reply: Reply) -> None:
        expected = self._style.trace
        if expected == "think-tags" and reply.reasoning:
            raise InputError(
                f"{self._key}.trace: value is 'think-tags'; the server parts traces itself and "
                f"gives them in its field for reasoning; use reasoning-content ({REPLIES_KEPT})"
            )
        in_text = not reply.reasoning and THINK_CLOSE in reply.content
        if expected == "reasoning-content" and in_text:
            raise InputError(
                f"{self._key}.trace: value is 'reasoning-content'; the server leaves traces "
                f"between think tags in the text; use think-tags ({REPLIES_KEPT})"
            )

    def _check_share(self) -> None:
        if self._style.trace == "none" and self._traced == self._seen:
            raise InputError(
                f"{self._key}.trace: value is 'none'; the first {self._seen} replies all have a "
                f"trace; switch thinking off in {self._key}.template, or say where traces are "
                f"({REPLIES_KEPT})"
            )
        if self._style.trace != "none" and not self._traced:
            raise InputError(
                f"{self._key}.trace: value is {self._style.trace!r}; the first {self._seen} "
                f"replies have no trace; switch thinking on in {self._key}.template, or use "
                f"trace: none ({REPLIES_KEPT})"
            )
