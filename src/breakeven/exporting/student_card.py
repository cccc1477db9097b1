"""The card of an exported student: base, training, accuracy, costs, and how to ask it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from breakeven.core.files import digest_file
from breakeven.core.records import Record
from breakeven.exporting import cards
from breakeven.exporting.accuracies import CellAccuracies, card_results
from breakeven.exporting.licences import Licence
from breakeven.exporting.tokenizer_use import TokenizerUse
from breakeven.models.pointer import BasePointer
from breakeven.params import Params
from breakeven.params.cells import Asking, Cell, ResolvedCell, first_decoding
from breakeven.rendering.mode_tags import tagged
from breakeven.words import STYLE_WORDS, four_figures, percent, scientific, whole


class Exported(NamedTuple):
    """A trained cell, and all that its card tells; `found` is empty before it was scored."""

    cell: Cell
    resolved: ResolvedCell
    record: Record
    pointer: BasePointer
    base_record: Record
    licence: Licence
    asking: Asking
    tokenizer: TokenizerUse
    found: tuple[CellAccuracies, ...]
    merged: bool = False

    @property
    def name(self) -> str:
        """Student, arm and seed, as one name."""
        return "-".join(map(str, self.cell))

    @property
    def is_adapter(self) -> bool:
        """Whether it is loaded on its base."""
        return self.resolved.method != "full" and not self.merged


def write_student_card(params: Params, exported: Exported, made: Path) -> None:
    """Write `README.md` into the folder that all else of an exported student is in."""
    from huggingface_hub import ModelCardData

    arm = params.arms[exported.cell.arm]
    results = card_results(params, exported.found[0]) if exported.found else []
    sources = [name for corpus in arm.corpora for name in params.corpora[corpus].sources]
    pointer, control = exported.pointer, exported.resolved.control
    data = ModelCardData(
        **exported.licence.header,
        base_model=pointer.repo,
        library_name="peft" if exported.is_adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["breakeven", *(["control"] if control else []), exported.resolved.style],
        datasets=cards.hub_datasets(params, sources) or None,
        metrics=["accuracy"] if results else None,
        model_name=exported.name if results else None,
        eval_results=results or None,
        # What the hub could take for a merge, where it has to guess.
        base_model_relation=(
            None if pointer.repo is None else "adapter" if exported.is_adapter else "finetune"
        ),
    )
    cards.write_card(made, data, _sections(params, exported, sources, made))


def _sections(params: Params, exported: Exported, sources: list[str], made: Path) -> Iterator[str]:
    cell, resolved = exported.cell, exported.resolved
    arm = params.arms[cell.arm]
    yield f"# {exported.name}"
    yield (
        f"`{cell.student}` of the study `{params.study}`, trained as arm `{cell.arm}` with seed "
        f"{cell.seed}: {STYLE_WORDS[arm.result_style]}."
    )
    if resolved.control:
        yield _control_words(exported, arm.traces)
    yield "## Base"
    yield _base_words(exported)
    yield "## Use"
    yield from _use(exported)
    yield "## Training"
    yield _training_table(exported)
    yield cards.source_table(params, dict.fromkeys(sources))
    yield cards.teacher_words(params, sources)
    yield "## Accuracy"
    yield from _accuracy(params, exported)
    yield "## Licence"
    yield (
        f"Of the base: {exported.licence.words} What was trained on it is under these terms as far "
        "as they reach; nobody stated others. The training data have their own."
    )
    yield "## Digests"
    weights = sorted(made.glob("*.safetensors"))
    yield cards.digest_table(
        {
            **{file.name: digest_file(file) for file in weights},
            **exported.record.outputs,
            **exported.record.inputs,
        }
    )
    yield cards.versions_line(exported.record.versions)
    yield cards.made_with(params.study)


def _control_words(exported: Exported, traces: str) -> str:
    mode = exported.resolved.answer_mode
    what = (
        f"in place of the teacher's traces it learnt `{traces}` ones"
        if mode is None
        else f"it learnt both styles by a tag in the prompt, and is asked for `{mode}`"
    )
    return (
        f"**This is a control**: {what}. It is there to tell what makes a difference, and is none "
        "of the styles that the study compares."
    )


def _base_words(exported: Exported) -> str:
    pointer = exported.pointer
    if pointer.repo:
        page = f"[`{pointer.repo}`](https://huggingface.co/{pointer.repo})"
        where = f"{page} at commit `{pointer.commit}`"
    else:
        where = (
            f"`{pointer.path}` of the study's folder ({pointer.kind}), which is no repository of "
            "the hub, so that the header names none"
        )
        if pointer.kind == "gguf":
            where += f"; made of {', '.join(exported.base_record.inputs)}"
    adapter = exported.resolved.method != "full" and exported.merged
    return f"{where}; SHA-256 of its files `{pointer.digest}`." + (
        " The adapter that was trained is merged into its weights." if adapter else ""
    )


def _use(exported: Exported) -> Iterator[str]:
    pointer, asking = exported.pointer, exported.asking
    base = pointer.repo or pointer.path
    revision = f', revision="{pointer.commit}"' if pointer.commit else ""
    question = "What is 2 + 2?" if asking.mode is None else tagged("What is 2 + 2?", asking.mode)
    loader = exported.tokenizer.loader
    names = ("GenerationConfig", loader)
    lines = [
        f"from transformers import AutoModelForCausalLM, {', '.join(sorted(names))}",
        "",
        'folder = "FOLDER OR REPOSITORY"',
        f"tokenizer = {loader}.from_pretrained(folder)",
    ]
    if exported.is_adapter:
        lines.insert(0, "from peft import PeftModel")
        lines += _base_lines(exported.resolved.method, base, revision)
        lines.append("model = PeftModel.from_pretrained(model, folder)")
    else:
        lines.append("model = AutoModelForCausalLM.from_pretrained(folder)")
    lines += [
        f'messages = [{{"role": "user", "content": {json.dumps(question)}}}]',
        "prompt = tokenizer.apply_chat_template(",
        '    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True',
        ")",
        "how = GenerationConfig.from_pretrained(folder)",
        "answer = model.generate(**prompt, generation_config=how)",
        'print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :]))',
    ]
    yield "```python\n" + "\n".join(lines) + "\n```"
    yield from _tokenizer_words(exported.tokenizer)
    told = asking.decoding.model_dump(mode="json", exclude_none=True, exclude={"arms", "by_style"})
    yield (
        "The study asked like this: at most "
        f"{asking.max_new_tokens:,} new tokens, "
        + cards.value_words(told)
        + ". `generation_config.json` holds of it what `generate` knows."
        + (
            f" It showed {asking.shots} worked examples before each question, as plain text and "
            "not as a chat."
            if asking.shots
            else ""
        )
    )


def _tokenizer_words(use: TokenizerUse) -> Iterator[str]:
    if use.loader != "AutoTokenizer":
        yield (
            f"**Load the tokenizer as `{use.loader}`.** `AutoTokenizer`, which servers use too, "
            "puts that of the model's family in its place, which parts a text otherwise: the "
            "student was not trained on such tokens."
        )
    if use.differing:
        yield (
            f"Of {use.prompts} prompts of the study, {use.differing} have other token ids when "
            "`apply_chat_template` renders them: a text that looks like a special token is text "
            "in the study, white space around a prompt is stripped, and a date is a fixed one."
        )


def _base_lines(method: str, base: str, revision: str) -> list[str]:
    """Loading the base as the adapter was trained on it."""
    if method != "qlora":
        return [f'model = AutoModelForCausalLM.from_pretrained("{base}"{revision})']
    return [
        "from transformers import BitsAndBytesConfig",
        "",
        "# Trained on weights of 4 bits, and answered on these.",
        'bits = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4",',
        "    bnb_4bit_use_double_quant=True)",
        "model = AutoModelForCausalLM.from_pretrained(",
        f'    "{base}"{revision}, quantization_config=bits',
        ")",
    ]


def _training_table(exported: Exported) -> str:
    record = exported.record
    settings = record.parameters
    lora = settings.get("lora")
    seconds = sum(record.device_seconds.values())
    rows: list[tuple[str, object]] = [
        ("method", settings["method"]),
        *([("adapter", cards.value_words(lora))] if lora else []),
        ("corpora", " then ".join(exported.resolved.corpora)),
        ("share with a trace", percent(settings["reasoning_share"], 0)),
        ("learning rate", f"{settings['learning_rate']:g}"),
        *([("budget", cards.value_words(settings["budget"]))] if "budget" in settings else []),
        *([("epochs", settings["epochs"])] if "epochs" in settings else []),
        ("steps", whole(record.metrics.get("steps"))),
        ("samples", whole(record.metrics.get("samples"))),
        ("tokens, prompts and completions", whole(record.tokens.get("trained"))),
        ("tokens, learnt", whole(record.tokens.get("supervised"))),
        ("training FLOPs", scientific(record.flops.get("train"))),
        ("device", record.device),
        ("hours on it", four_figures(seconds / 3600)),
        ("GPU-hours", four_figures(record.gpu_hours)),
        *(
            (name, four_figures(value))
            for name, key in (("energy, J", "energy_joules"), ("final loss, nats", "final_loss"))
            if (value := record.metrics.get(key)) is not None
        ),
    ]
    reasons = [f"{name}: {reason}" for name, reason in record.absent.items()]
    return cards.table(("what", "value"), rows) + (
        f"\n\nNot known: {'; '.join(reasons)}." if reasons else ""
    )


def _accuracy(params: Params, exported: Exported) -> Iterator[str]:
    if not exported.found:
        yield "Not measured: this student was not scored here when it was exported."
        return
    yield (
        "Of this training seed, with 95% intervals over the questions. Whether a trace pays is a "
        "paired comparison over all seeds, which the study's report makes."
    )
    several = len(exported.found) > 1
    for one in exported.found:
        if several:
            first = ", the first" if one.decoding == first_decoding(params) else ""
            yield f"### Decoding `{one.decoding}`{first}"
        yield cards.table(
            ("family", "task", "accuracy", "questions"),
            (
                (row.family, row.task or "mean of its tasks", row.words, row.estimate.items)
                for row in one.accuracies
            ),
        )
        yield _cost_table(one)


def _cost_table(one: CellAccuracies) -> str:
    """What an answer takes, mean over a family's tasks."""
    counts = ("prompt_tokens", "thinking_tokens", "answer_tokens")
    rows = [
        (
            cell.family,
            *(
                "–" if (value := cell.number(name)) is None else four_figures(value)
                for name in counts
            ),
            scientific(cell.inference_flops),
            percent(cell.truncated_share),
            percent(cell.unparsed_share),
        )
        for cell in one.cells
    ]
    return cards.table(
        (
            *("an answer", "prompt tokens", "trace tokens", "answer tokens"),
            *("FLOPs", "cut or unclosed", "unparsed"),
        ),
        rows,
    )
