"""The vLLM engine: a server for all arms that share their base's weights, adapters and all.

The same token ids go in as with the transformers engine, and the same tokens end an answer. The
server samples: with the same seeds it draws other tokens than the transformers engine does.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from breakeven.answer.answer_sheet import AnswerSheet
from breakeven.answer.cell_weights import are_finite, rounded_base
from breakeven.answer.engine import (
    ENGINE_CODE,
    AnsweringCell,
    Engine,
    Job,
    Placement,
    Session,
    Setup,
    non_finite_weights,
)
from breakeven.answer.read_answer import read_answer
from breakeven.core.errors import InputError, MachineError
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.decoding.batching import BatchRow
from breakeven.decoding.seeds import sample_digest
from breakeven.params import Answering, Decoding, VllmServer
from breakeven.pipeline.code import code_digest
from breakeven.rows.answer import Answer
from breakeven.serving.client import Endpoints, run_requests
from breakeven.serving.launch import vllm_build
from breakeven.serving.request import Request
from breakeven.serving.server import RunningServer, vllm_server
from breakeven.serving.token_replies import TokenReply, read_tokens

_CODE = ("answer/vllm_engine.py",)
KEY = "params.yaml: answering.server"
# Batches in flight: the next ones fill the server while the last answers of one are still written.
WORKERS = 4
# A request waits for those before it. That the server lives is known without a time limit.
REQUEST_SECONDS = 24 * 3600.0
ELSEWHERE = "the server's processes hold it, and they are not metered"
THREADS = "the server computes with threads of its own"
FIRST_ONLY = "a meter reads one device, and the server holds several"


class Served(NamedTuple):
    """Cells that one server answers, and the weights that it loads for them."""

    name: str
    weights: Path
    cells: list[AnsweringCell]

    @property
    def adapters(self) -> dict[str, Path]:
        """The folders of the adapters by the model that requests ask for."""
        adapted = [cell for cell in self.cells if cell.method in ("lora", "qlora")]
        return {self.model(cell): cell.folder for cell in adapted}

    def model(self, cell: AnsweringCell) -> str:
        """The model that requests ask for; no name in params.yaml has a dot."""
        adapted = cell.method in ("lora", "qlora")
        return f"{cell.arm}.{cell.seed}" if adapted else self.name


def vllm_engine(answering: Answering) -> Engine:
    """The engine of the environment in `answering.server`.

    Raises MachineError where there is no vLLM in it.
    """
    settings = answering.server
    build = vllm_build(settings, KEY)
    asked = answering.dtype if answering.dtype != "auto" else settings.dtype
    devices = 1 if build.cpu else settings.tensor_parallel * settings.data_parallel
    unmeasured = {"peak_memory_bytes": ELSEWHERE} | ({"utilisation": THREADS} if build.cpu else {})
    return Engine(
        identity={"name": "vllm", "code": code_digest(_CODE, ENGINE_CODE)},
        versions={"vllm": build.version, "vllm_torch": build.torch},
        placement=Placement(
            device=build.device,
            dtype=chosen_dtype(asked, best_dtype(build.device)),
            workers=WORKERS,
            threads=settings.threads or answering.threads,
            devices=devices,
        ),
        sessions=_sessions,
        unmeasured=unmeasured | ({"energy_joules": FIRST_ONLY} if devices > 1 else {}),
    )


def _sessions(setup: Setup, cells: Sequence[AnsweringCell]) -> Generator[Session, None, None]:
    """One server at a time, and one session a server where base and adapters may be mixed."""
    # Before any server starts: its replies do not show that logits were no numbers.
    for cell in cells:
        if cell.method != "none" and not are_finite(cell.folder):
            raise non_finite_weights(cell)
    settings = _settings(setup, cells)
    for served in _servers(setup, cells):
        with vllm_server(
            served.weights,
            settings,
            label=served.name,
            adapters=served.adapters,
            tokenizer=Path(setup.base.path),
            key=KEY,
        ) as server:
            for together in _apart(setup, served):
                yield Session(together, partial(_answer_job, setup, server, served), server.stop)


def _apart(setup: Setup, served: Served) -> Iterator[list[AnsweringCell]]:
    """The cells of a server that may be answered at the same time.

    On a CPU vLLM 0.32 gives the rows of the base in a batch with an adapter that adapter too: it
    looks up adapter -1, which is the last one (lora/ops/torch_ops). Its CUDA kernels skip -1.
    """
    if setup.engine.placement.device != "cpu":
        yield served.cells
        return
    for adapted in (False, True):
        together = [cell for cell in served.cells if (cell.method != "none") is adapted]
        if together:
            yield together


def _servers(setup: Setup, cells: Sequence[AnsweringCell]) -> Iterator[Served]:
    """The base with its adapters, the base rounded to NF4 with its own, and every full cell."""
    name, base = f"answer-{setup.student}", Path(setup.base.path)
    plain = [cell for cell in cells if cell.method in ("none", "lora")]
    rounded = [cell for cell in cells if cell.method == "qlora"]
    if plain:
        yield Served(name, base, plain)
    if rounded:
        weights = rounded_base(base, setup.base.digest, setup.engine.placement.dtype)
        yield Served(f"{name}-nf4", weights, rounded)
    for cell in cells:
        if cell.method == "full":
            yield Served(f"{name}-{cell.arm}-{cell.seed}", cell.folder, [cell])


def _settings(setup: Setup, cells: Sequence[AnsweringCell]) -> VllmServer:
    """How the servers are started: as asked, with room for the longest prompt and its answer.

    Raises InputError where the length that was asked for has no such room.
    """
    answering, placement = setup.params.answering, setup.engine.placement
    needed = max(
        sheet.prompts.longest + sheet.asking.max_new_tokens
        for cell in cells
        for sheet in cell.sheets
    )
    asked = answering.server.max_model_len
    if asked is not None and asked < needed:
        raise InputError(
            f"{KEY}.max_model_len: value is {asked}; a prompt of {setup.student} and its answer "
            f"are up to {needed} tokens together; use {needed}, or leave it out"
        )
    changes = {
        "max_model_len": asked or needed,
        "dtype": placement.dtype,
        "threads": placement.threads,
    }
    return answering.server.model_copy(update=changes)


class Draft(NamedTuple):
    """What of a sample is written, after so many requests; `waited` marks were replaced in it.

    `ended` says that the student has ended it, before its limit.
    """

    row: BatchRow
    ids: tuple[int, ...] = ()
    waited: int = 0
    requests: int = 0
    ended: bool = False


def _answer_job(setup: Setup, server: RunningServer, served: Served, job: Job) -> list[Answer]:
    """Answer a batch: a request a sample, each with its own seed; with a budget, some more."""
    endpoints = Endpoints((server.base_url,), served.model(job.cell), server.key, KEY, server.check)
    drafts = [Draft(row) for row in job.rows]
    while True:
        unfinished = {
            str(n): draft for n, draft in enumerate(drafts) if not _is_finished(draft, job.sheet)
        }
        if not unfinished:
            break
        replies = _replies(
            endpoints, {name: _body(draft, job.sheet) for name, draft in unfinished.items()}
        )
        for name, draft in unfinished.items():
            drafts[int(name)] = _continued(draft, job.sheet, replies[name])
    return [
        read_answer(setup.tokenizer, job.sheet.prompts, draft.row, draft.ids, draft.ended)
        for draft in drafts
    ]


def _replies(
    endpoints: Endpoints, bodies: Mapping[str, dict[str, object]]
) -> dict[str, TokenReply]:
    """The server's replies to requests that are sent side by side, by name."""
    replies: dict[str, TokenReply] = {}
    run_requests(
        [Request(name, body) for name, body in bodies.items()],
        endpoints,
        on_result=lambda request, reply: replies.update({request.id: read_tokens(reply)}),
        concurrency=len(bodies),
        timeout_seconds=REQUEST_SECONDS,
    )
    return replies


def _is_finished(draft: Draft, sheet: AnswerSheet) -> bool:
    return draft.ended or len(draft.ids) >= sheet.asking.max_new_tokens


def _body(draft: Draft, sheet: AnswerSheet) -> dict[str, object]:
    """The request for a sample, or for what is still missing of it."""
    # Every request draws anew: the same seed again would repeat the draws of the one before.
    again = f"/{draft.requests}" if draft.requests else ""
    return {
        # Token ids: the server would render and encode a text in its own way.
        "prompt": [*draft.row.prompt, *draft.ids],
        # The end tokens alone end an answer, whatever else the model's configuration says.
        "ignore_eos": True,
        "return_token_ids": True,
        **_until(draft, sheet),
        **_sampling(sheet.decoding, draft.row.sample_name(sheet.task) + again),
    }


def _until(draft: Draft, sheet: AnswerSheet) -> dict[str, object]:
    """How far a request goes: to the budget's end, a mark that may be replaced, or the limit.

    vLLM has a `thinking_token_budget` of its own. What closes a trace is set for a whole server
    there, no mark is replaced, and what stands before a trace does not count: so the budget is held
    here, and means what it means with the other engine.
    """
    budget, written, ends = sheet.budget, len(draft.ids), set(sheet.prompts.end_ids)
    if budget is None:
        return _at_most(sheet.asking.max_new_tokens, ends)
    if written < budget.free:
        # Marks that stand are no reason to ask again.
        replaced = {budget.marks.close_id} if draft.waited < budget.waits else set()
        return _at_most(budget.free - written, ends | replaced)
    # The least that the interface takes, which no model's logits outweigh.
    barred = {str(mark): -100 for mark in budget.marks}
    return {**_at_most(sheet.asking.max_new_tokens - written, ends), "logit_bias": barred}


def _at_most(tokens: int, ends: set[int]) -> dict[str, object]:
    return {"max_tokens": tokens, "stop_token_ids": sorted(ends)}


def _continued(draft: Draft, sheet: AnswerSheet, reply: TokenReply) -> Draft:
    """A draft with what a reply adds to it, and with what the budget then forces.

    The server gives the token that ended it along with the others, as the transformers engine does.
    Raises MachineError where the server cut it for a reason of its own.
    """
    if reply.stop not in ("stop", "length"):
        raise MachineError(f"{KEY}: vLLM ended an answer with {reply.stop!r}; start again")
    if reply.prompt_tokens != len(draft.row.prompt) + len(draft.ids):
        raise RuntimeError(f"{draft.row.item}: the server read another prompt than it was sent")
    ids, waited, budget = (*draft.ids, *reply.ids), draft.waited, sheet.budget
    ended = reply.stop == "stop" and ids[-1] in sheet.prompts.end_ids
    if budget is not None and not ended and len(draft.ids) < budget.free:
        before = ids[:-1]
        closes = ids[-1] == budget.marks.close_id and budget.is_open(before)
        if closes and budget.may_wait(len(before), waited):
            ids, waited = (*before, *budget.waiting), waited + 1
        if len(ids) == budget.free and budget.is_open(ids):
            ids = (*ids, *budget.closing, *budget.asking)
    return Draft(draft.row, ids, waited, draft.requests + 1, ended)


def _sampling(decoding: Decoding, sample: str) -> dict[str, object]:
    """How the server samples: what vLLM has under the same names, where it is used."""
    penalties = {"repetition_penalty", "presence_penalty", "frequency_penalty"}
    used = decoding.model_dump(include=penalties, exclude_none=True)
    if decoding.temperature == 0:
        return {"temperature": 0.0, **used}
    # 63 bits: the server's seeds are signed.
    seed = int.from_bytes(sample_digest(decoding, sample)[:8], "big") >> 1
    cuts = decoding.model_dump(
        include={"temperature", "top_p", "top_k", "min_p"}, exclude_none=True
    )
    return {**cuts, **used, "seed": seed}
