"""The calculator alone on a page, and its numbers beside those of the command."""

import math
from pathlib import Path

import pytest

from breakeven.decide.choice import decide

CHROMIUM = Path("/usr/bin/chromium")

needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
{html}<script type="application/json" id="decide-data">{json}</script><script>{script}</script>
</body></html>"""


def write_page(section, folder: Path) -> str:
    path = folder / "page.html"
    path.write_text(PAGE.format(**section._asdict()), encoding="utf-8")
    return path.as_uri()


def same(one, other) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=0.0)


def python_side(options, request, draws):
    decision = decide(options, request, draws)
    return {
        "choice": decision.choice and decision.choice.option.name,
        "runner_up": decision.runner_up and decision.runner_up.option.name,
        "rests": decision.extrapolation and decision.extrapolation.rests,
        "words": decision.extrapolation and decision.extrapolation.words,
        "factor": decision.extrapolation and decision.extrapolation.factor,
        "fits": [row.fits for row in decision.rows],
        "frontier": [row.on_frontier for row in decision.rows],
        "pairs": [
            [p.first, p.second, p.cheaper_before, p.cheaper_after] for p in decision.break_evens
        ],
        "batches": [option.batch for option in options],
        "numbers": [
            decision.probability,
            *(row.cost.value for row in decision.rows),
            *(option.latency.value for option in options),
            *(row.net_value for row in decision.rows),
            *(cost.value for row in decision.rows for cost in row.costs.values()),
            *(amount.value for row in decision.rows for amount in row.owned.items.values()),
            *(
                number
                for row in decision.rows
                for number in (row.owned.total.value, row.owned.at_least)
            ),
            *(row.probability for row in decision.rows),
            *(step.cost_per_extra_correct for step in decision.ladder),
            *(
                amount and amount.value
                for p in decision.break_evens
                for amount in (p.flops, p.device_seconds, p.money, p.joules, p.cost, p.net_value)
            ),
        ],
    }


JS_SIDE = """async ([family, requests]) => {
  const page = await breakevenDecideData(document.getElementById("decide-data").textContent);
  const data = page.families[family];
  const { draws } = data;
  const name = (row) => row && row.option.name;
  return requests.map((request) => {
    const options = breakevenDecide.optionsOf(page, family, request);
    const d = breakevenDecide.decide(options, request, draws);
    return {
      choice: name(d.choice), runner_up: name(d.runnerUp),
      rests: d.extrapolation && d.extrapolation.rests,
      words: d.extrapolation && d.extrapolation.words,
      factor: d.extrapolation && d.extrapolation.factor,
      fits: d.rows.map((row) => row.fits), frontier: d.rows.map((row) => row.onFrontier),
      pairs: d.breakEvens.map((p) => [p.first, p.second, p.before, p.after]),
      batches: options.map((option) => option.batch ?? null),
      numbers: [d.probability, ...d.rows.map((row) => row.cost.value),
        ...d.rows.map((row) => row.latency.value),
        ...d.rows.map((row) => row.net),
        ...d.rows.flatMap((row) => Object.values(row.costs).map((cost) => cost.value)),
        ...d.rows.flatMap((row) => Object.values(row.owned.items).map((one) => one.value)),
        ...d.rows.flatMap((row) => [row.owned.total.value, row.owned.atLeast]),
        ...d.rows.map((row) => row.probability),
        ...d.ladder.map((step) => step.cost_per_extra_correct),
        ...d.breakEvens.flatMap((p) => [p.queries.flops.value, p.queries.device_seconds.value,
          p.queries.money.value, p.queries.joules.value, p.cost, p.net && p.net.value])],
    };
  });
}"""
