"""What the completions of a corpus took the teacher, as a part of its card."""

from collections.abc import Iterator, Mapping

from breakeven.costs.amounts import Amount
from breakeven.costs.bill import Cost
from breakeven.exporting import cards
from breakeven.params import COMPLETION_STYLES, CompletionStyle, Params
from breakeven.study.collect_costs import completions_cost
from breakeven.study.services import paid_services
from breakeven.words import four_figures, whole

_READ, _WRITTEN = "tokens read", "tokens written"


def teacher_bill(params: Params, corpus: str) -> list[str]:
    """FLOPs, device-seconds and money by style, and why what is not told is absent."""
    costs = {style: completions_cost(params, corpus, style) for style in COMPLETION_STYLES}
    amounts = {style: dict(_amounts(params, cost)) for style, cost in costs.items()}
    names = list(next(iter(amounts.values())))
    table = cards.table(
        ("completions", *names),
        [
            (f"`{style}`", *(_words(name, amount) for name, amount in row.items()))
            for style, row in amounts.items()
        ],
    )
    return [
        "What the teacher took for all prompts of these sources, the dropped ones too:",
        table,
        *_absences(amounts),
    ]


def _absences(amounts: Mapping[CompletionStyle, Mapping[str, Amount]]) -> Iterator[str]:
    """Why an amount is absent, each reason once; of one style alone, which."""
    styles: dict[tuple[str, str], list[str]] = {}
    for style, row in amounts.items():
        for name, amount in row.items():
            if amount.reason:
                styles.setdefault((name, amount.reason), []).append(style)
    for (name, reason), of in styles.items():
        which = "" if len(of) == len(amounts) else f" of `{', '.join(of)}`"
        yield f"Not known: {name}{which}: {reason}."


def _amounts(params: Params, cost: Cost) -> Iterator[tuple[str, Amount]]:
    service = paid_services(params).get("teacher")
    money = cost.money(params.costs.price_per_device_hour) if service is None else service.of(cost)
    yield _READ, cost.read_tokens
    yield _WRITTEN, cost.new_tokens
    yield "FLOPs", cost.flops
    yield "device-seconds", cost.device_seconds
    yield f"money, {params.costs.currency}", money


def _words(name: str, amount: Amount) -> str:
    if amount.value is None:
        return "–"
    return whole(amount.value) if name in (_READ, _WRITTEN) else four_figures(amount.value)
