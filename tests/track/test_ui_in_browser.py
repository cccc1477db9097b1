"""MLflow's own UI in headless Chromium, on a tracked study: charts, runs, traces, evaluations.

What a person clicks through is MLflow's; that it finds there what `track` wrote is ours.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from tests.report.conftest import browser, keep_picture  # noqa: F401 - a fixture
from tests.track.test_shown_answers import write_answered_study
from tests.tracking.test_ui import free_port, served

from breakeven.params import Params, load_params
from breakeven.params.cells import Cell
from breakeven.track.shown_answers import ShownAnswers
from breakeven.track.stage import track
from breakeven.tracking.views import COSTS_VIEW, TABLE_VIEW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]
WriteStudy = Callable[..., Params]
MILLISECONDS = 120_000  # a page of MLflow's takes a minute on a machine that has other work
CELLS = ("t30k ift", "t30k reasoning")
# What MLflow's own pages write to the console as errors, by text and address.
OWN_ERRORS = (
    # Asked by every page; a server without accounts has nobody to name.
    ("status of 404", "/ajax-api/2.0/mlflow/users/current"),
    # Chromium's word for a layout that took a frame more, which plots and tables cause.
    ("ResizeObserver loop completed with undelivered notifications", "/static/js/"),
)

_LEFT_TO_RIGHT = """cells => cells
    .map(cell => [cell.getBoundingClientRect().x, cell.innerText.trim()])
    .sort((a, b) => a[0] - b[0]).map(one => one[1])"""


class Watched:
    """A page, and what it must not do: fail, ask elsewhere, run what an answer says."""

    def __init__(self, opened: object, address: str) -> None:
        self.page = opened.new_page(viewport={"width": 1500, "height": 1000})  # type: ignore[attr-defined]
        self.page.set_default_timeout(MILLISECONDS)
        self.troubles: list[str] = []
        self.address = address
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("dialog", lambda dialog: (self.troubles.append("alert"), dialog.dismiss()))
        self.page.on("request", self._asked)
        # A hint of MLflow's, over all, at the first visit to some pages.
        self.page.add_locator_handler(
            self.page.get_by_role("button", name="Got it"), lambda hint: hint.click()
        )

    def _said(self, message: object) -> None:
        text, place = str(message.text), str(message.location["url"])  # type: ignore[attr-defined]
        own = any(words in text and where in place for words, where in OWN_ERRORS)
        if message.type == "error" and not own:  # type: ignore[attr-defined]
            self.troubles.append(f"{text} ({place})")

    def _asked(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if url.startswith("http") and not url.startswith(self.address):
            self.troubles.append(url)


@pytest.fixture
def ui(write_study: WriteStudy, browser: object) -> Iterator[tuple[Watched, str]]:  # noqa: F811
    track(write_answered_study(write_study))
    with served(free_port()) as view:
        watched = Watched(browser, view.partition("#")[0])
        yield watched, view
        watched.page.close()


def test_charts_table_and_traces_of_a_study_are_there(
    ui: tuple[Watched, str],
) -> None:
    watched, view = ui
    page = watched.page
    # The address that `breakeven ui` prints: a plot of accuracy against cost, with no click.
    assert COSTS_VIEW in view
    page.goto(view)
    page.locator(".js-plotly-plot").first.wait_for()
    assert page.locator(".js-plotly-plot").count() >= 2
    for name in CELLS:
        page.get_by_text(name, exact=True).first.wait_for()
    keep_picture(page, "mlflow-charts")
    experiment = view.partition("/experiments/")[2].partition("/")[0]
    # Questions with what students answered, as text, and how it was graded.
    page.goto(f"{watched.address}#/experiments/{experiment}/traces")
    page.get_by_text("What is 3, ").first.wait_for()
    assert page.get_by_text("expected_response").first.is_visible()
    assert page.locator("img[onerror]").count() == 0
    assert watched.troubles == []
    keep_picture(page, "mlflow-traces")


def test_two_runs_are_ticked_in_the_saved_table_and_compared(ui: tuple[Watched, str]) -> None:
    watched, view = ui
    page = watched.page
    page.goto(view.replace(COSTS_VIEW, TABLE_VIEW).replace("&compareRunsMode=CHART", ""))
    for name in CELLS:
        # The first of a row; another one pins it.
        _row(page, name).get_by_role("checkbox").first.check(force=True)
    shown = page.locator(".ag-header-cell").evaluate_all(_LEFT_TO_RIGHT)
    place = shown.index("student")
    assert shown[place : place + 4] == ["student", "arm", "seed", "decoding"]
    assert any(one.startswith("accuracy/") for one in shown)
    keep_picture(page, "mlflow-table-of-cells")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    for name in CELLS:
        page.get_by_text(name, exact=True).first.wait_for()
    keep_picture(page, "mlflow-compare")
    assert watched.troubles == []


def test_grades_of_two_styles_stand_side_by_side_question_by_question(
    ui: tuple[Watched, str],
) -> None:
    watched, view = ui
    page = watched.page
    page.set_viewport_size({"width": 2600, "height": 1900})  # columns and rows are drawn in sight
    page.goto(view)
    page.get_by_text("GenAI", exact=True).first.click()
    page.get_by_text("Evaluation runs", exact=True).first.click()
    for name in CELLS:
        _row(page, name).get_by_role("checkbox").click()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Compare").click()
    page.get_by_role("columnheader", name="correct").wait_for()
    answers = ShownAnswers(load_params(), pd.read_parquet("scores/items.parquet"))
    ift, reasoning = (answers.samples(Cell("t30k", arm, 0)) for arm in ("ift", "reasoning"))
    wanted = sorted(
        (plain.question, str(plain.correct), str(thought.correct))
        for plain, thought in zip(ift, reasoning, strict=True)  # the same questions in one order
    )
    assert len(wanted) > 10
    questions = page.get_by_role("row").filter(has_text="What is ")
    questions.nth(len(wanted) - 1).wait_for()
    keep_picture(page, "mlflow-evaluation")
    assert sorted(map(_grades, questions.all_inner_texts())) == wanted
    assert watched.troubles == []


def _row(page: Any, name: str) -> Any:
    row = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True)).first
    row.wait_for()
    return row


def _grades(row: str) -> tuple[str, ...]:
    """The question of a row, and whether it was answered right by one run and by the other."""
    lines = [line.strip() for line in row.split("\n")]
    question = next(line for line in lines if line.startswith("What is "))
    return (question, *(line for line in lines if line in ("True", "False")))
