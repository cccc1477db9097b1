"""What a teacher's completions cost: tokens, FLOPs, device-seconds, each measured or absent."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.devices import record_fields
from breakeven.costs.exact import answer_flops
from breakeven.distill.journal import Reply
from breakeven.distill.model_completions import SentPrompts
from breakeven.distill.model_teacher import ModelTeacher
from breakeven.distill.reply_parts import CountBasis, completion_from_reply
from breakeven.distill.token_counts import COMPLETIONS_BY_TOKENS, TokenCounts
from breakeven.rows.completion import Completion

NO_COUNT = "the server gave no token counts for {} of {} completions"
NO_SPLIT = (
    "the server did not say how many tokens of {} of {} completions were the trace, and the "
    "teacher's own tokenizer is not at hand"
)
NO_CACHED = (
    "the server did not say of {} of {} completions how many tokens of the prompt it had read "
    "before"
)
REMOTE = "the teacher runs behind an endpoint that does not tell"
EARLIER = "a part of these completions was made by an earlier run, which did not keep it"
NO_TIME = "{} of {} completions were made by a run that did not keep their device-seconds"
METERED = ("peak_memory_bytes", "energy_joules")


class TeacherCosts:
    """Tokens, FLOPs and device-seconds of a model's completions, added up as they pass by."""

    def __init__(self, teacher: ModelTeacher) -> None:
        self.counts = TokenCounts()
        self._teacher = teacher
        self._bases: Counter[CountBasis] = Counter()
        self._paid: set[str] = set()
        self._flops = self._seconds = 0.0
        self._untimed = 0
        self._cached = self._cache_untold = 0

    def completions(self, style: str, replies: Iterable[tuple[str, Reply]]) -> Iterator[Completion]:
        """The completions in replies by prompt id, each added to the sums."""
        for prompt_id, reply in replies:
            completion, basis = completion_from_reply(
                prompt_id, style, reply, self._teacher.count_tokens
            )
            self._bases[basis] += 1
            self.counts.add(completion)
            if reply.prompt not in self._paid:  # a prompt that occurs twice is answered once
                self._paid.add(reply.prompt)
                self._pay(completion, reply)
            yield completion

    def fields(self, sent: SentPrompts) -> dict[str, Any]:
        """Fields of the record; `sent` are the prompts of this run.

        Device-seconds are those of every reply, whichever run it was made by.
        """
        flops, device = self._total_flops(), self._device_fields(sent)
        reasons = {"flops.teacher": flops.reason} if flops.reason else {}
        if cached := self._cached_tokens():
            reasons |= {"tokens.cached": cached.reason} if cached.reason else {}
        return {
            **device,
            "metrics": {**self.counts.metrics(), **device["metrics"]},
            "tokens": self.counts.tokens() | ({"cached": cached.value} if cached else {}),
            "flops": {"teacher": flops.value},
            "absent": {**self._uncounted(), **reasons, **device["absent"]},
            "details": {
                "asked": len(self._paid),
                "thinking_tokens_from": dict(self._bases),
                COMPLETIONS_BY_TOKENS: self.counts.lengths(),
            },
        }

    def _pay(self, completion: Completion, reply: Reply) -> None:
        if reply.device_seconds is None:
            self._untimed += 1
        else:
            self._seconds += reply.device_seconds
        if reply.cached_tokens is None:
            self._cache_untold += 1
        else:
            self._cached += reply.cached_tokens
        read, written = completion.prompt_tokens, completion.new_tokens
        shape = self._teacher.architecture
        if not isinstance(shape, str) and read is not None and written is not None:
            self._flops += answer_flops(shape, read, written)

    def _cached_tokens(self) -> Amount | None:
        """Tokens of the paid prompts that a service had read before; None where there is none."""
        if self._teacher.device is not None:
            return None
        if self._cache_untold:
            return absent(NO_CACHED.format(self._cache_untold, len(self._paid)))
        return Amount(self._cached)

    def _total_flops(self) -> Amount:
        """Every prompt read once and every token written once, by the paid completions."""
        if isinstance(self._teacher.architecture, str):
            return absent(self._teacher.architecture)
        # Most that lack one count lack both: a sum would name them twice.
        missing = max(self.counts.unknown["prompt"], self.counts.unknown["completion"])
        if missing:
            return absent(NO_COUNT.format(missing, self.counts.completions))
        return Amount(self._flops)

    def _uncounted(self) -> dict[str, str]:
        return {
            f"tokens.{kind}": (NO_COUNT if self.counts.unknown["completion"] else NO_SPLIT).format(
                count, self.counts.completions
            )
            for kind, count in self.counts.unknown.items()
            if count
        }

    def _device_fields(self, sent: SentPrompts) -> dict[str, Any]:
        device = self._teacher.device
        if device is None:
            reasons = dict.fromkeys(("device_seconds", "gpu_hours", *METERED), REMOTE)
            metrics: dict[str, float | None] = dict.fromkeys(METERED)
            return {"device": "unknown", "metrics": metrics, "absent": reasons}
        fields = {"device": device.name, **self._metered(sent)}
        if self._untimed:
            reason = NO_TIME.format(self._untimed, len(self._paid))
            fields["absent"] |= dict.fromkeys(("device_seconds", "gpu_hours"), reason)
            return fields
        seconds = self._seconds * self._teacher.devices
        return {
            **fields,
            "device_seconds": {device.kind: seconds},
            "gpu_hours": 0.0 if device.kind == "cpu" else seconds / 3600,
        }

    def _metered(self, sent: SentPrompts) -> dict[str, Any]:
        """Peak memory and energy, where one run made all completions and they were metered."""
        if sent.usage is None or sent.prompts < len(self._paid):
            return {"metrics": dict.fromkeys(METERED), "absent": dict.fromkeys(METERED, EARLIER)}
        fields = record_fields(sent.usage)
        unmeasured = dict(self._teacher.unmeasured)
        return {
            "metrics": {**fields["metrics"], **dict.fromkeys(unmeasured)},
            "absent": {**fields["absent"], **unmeasured},
        }
