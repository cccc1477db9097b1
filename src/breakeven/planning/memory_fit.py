"""Whether each student fits into the device's memory, for training and for answering."""

from typing import Any, NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.dtypes import BYTES, chosen_dtype
from breakeven.models.memory import (
    Memory,
    TrainingPlan,
    answering_memory,
    fitting_changes,
    training_memory,
)
from breakeven.models.memory_check import training_plans
from breakeven.models.pass_plans import widened_plan
from breakeven.params import Params
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.planned_devices import PlannedDevice
from breakeven.results.published_lengths import PROMPT_TOKENS


class MemoryFit(NamedTuple):
    """What one student needs at its peak, in bytes, and whether the device has that."""

    student: str
    work: str
    need: Memory
    have_bytes: float
    remedies: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether the device's memory is enough."""
        return self.need.total <= self.have_bytes

    @property
    def sentence(self) -> str:
        """The fit in words."""
        need, have = self.need.total / 1e9, self.have_bytes / 1e9
        text = f"{self.student}, {self.work}: {need:,.2f} GB of {have:,.0f} GB"
        if self.fits:
            return text
        return f"{text}: does NOT fit; {'; '.join(self.remedies) or 'use a larger device'}"

    def as_dict(self) -> dict[str, Any]:
        """The fit as JSON."""
        return {
            "student": self.student,
            "work": self.work,
            "need_bytes": {**self.need._asdict(), "total": self.need.total},
            "have_bytes": self.have_bytes,
            "fits": self.fits,
            "mends": list(self.remedies),
        }


def memory_fits(study: ExpectedStudy, device: PlannedDevice) -> list[MemoryFit]:
    """Each student's need in training, by method, and in answering."""
    found = []
    for student in study.params.students:
        shape = study.shape(student).architecture
        if isinstance(shape, str):
            continue
        plans = training_plans(study.params, student, best=device.dtype)
        if device.kind == "cuda":
            training, have = study.params.training, device.memory_bytes
            plans = {
                name: widened_plan(training, shape, plan, have) or plan
                for name, plan in plans.items()
            }
        # Arms that share a method need the same memory, whatever they learn.
        by_method = {plan.method: plan for plan in plans.values()}
        found += [_training(student, shape, plan, device) for plan in by_method.values()]
        found.append(_answering(study.params, student, shape, device))
    return found


def _training(
    student: str, shape: Architecture, plan: TrainingPlan, device: PlannedDevice
) -> MemoryFit:
    need = training_memory(shape, plan)
    remedies: tuple[str, ...] = ()
    if need.total > device.memory_bytes:
        ways = fitting_changes(shape, plan, device.memory_bytes)
        remedies = tuple(f"{words} needs {memory.total / 1e9:,.1f} GB" for words, memory in ways)
    over = f", of each of {plan.shards} devices" if plan.shards > 1 else ""
    return MemoryFit(
        student, f"training ({plan.method}{over})", need, device.memory_bytes, remedies
    )


def _answering(
    params: Params, student: str, shape: Architecture, device: PlannedDevice
) -> MemoryFit:
    """vLLM queues what its cache cannot hold, so that one answer at the limit must fit there."""
    answering = params.answering
    served = answering.engine == "vllm"
    size = BYTES[chosen_dtype(answering.dtype, device.dtype)]
    need = answering_memory(
        shape,
        sequences=1 if served else answering.batch_size,
        tokens=int(PROMPT_TOKENS) + answering.longest,
        weight_bytes=size,
        cache_bytes=size,
    )
    remedies = ("a smaller answering.batch_size",)
    have = device.memory_bytes
    if served:
        # vLLM keeps to its share of a device, and parts the weights over a group of them.
        need = need._replace(weights=need.weights / answering.server.tensor_parallel)
        have *= answering.server.memory_share
        remedies = ("answering.server.tensor_parallel",)
    return MemoryFit(student, f"answering ({answering.engine})", need, have, remedies)
