"""Which engine answers."""

from breakeven.answer.engine import Engine
from breakeven.params import Answering


def pick_engine(answering: Answering) -> Engine:
    """The engine that params.yaml asks for; raises MachineError where it is not installed."""
    if answering.engine == "vllm":
        from breakeven.answer.vllm_engine import vllm_engine

        return vllm_engine(answering)
    from breakeven.answer.transformers_engine import transformers_engine

    return transformers_engine(answering)
