"""MLflow's own UI in headless Chromium, on a tracked study: charts, table of runs, traces.

What a person clicks through is MLflow's; that it finds there what `track` wrote is ours.
"""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from tests.report.conftest import browser  # noqa: F401 - a fixture
from tests.track.test_shown_answers import write_answered_study
from tests.tracking.test_ui import free_port, served

from breakeven.params import Params
from breakeven.track.stage import track
from breakeven.tracking.views import COSTS_VIEW, TABLE_VIEW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]
WriteStudy = Callable[..., Params]
SECONDS = 60_000
CELLS = ("t30k ift", "t30k reasoning")


class Watched:
    """A page, and what it must not do: fail, ask elsewhere, run what an answer says."""

    def __init__(self, opened: object, address: str) -> None:
        self.page = opened.new_page(viewport={"width": 1500, "height": 1000})  # type: ignore[attr-defined]
        self.page.set_default_timeout(SECONDS)
        self.troubles: list[str] = []
        self.address = address
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.troubles.append("alert"), dialog.dismiss()))
        self.page.on("request", self._asked)

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
    page.goto(view.replace(COSTS_VIEW, TABLE_VIEW).replace("&compareRunsMode=CHART", ""))
    ids = []
    for name in CELLS:
        link = page.get_by_role("link", name=name, exact=True).first
        link.wait_for()
        ids.append(str(link.get_attribute("href")).rpartition("/runs/")[2].partition("?")[0])
    # Where MLflow's button "Compare" leads with both ticked: their plot and their metrics.
    experiment = view.partition("/experiments/")[2].partition("/")[0]
    runs, experiments = (quote(json.dumps(one)) for one in (ids, [experiment]))
    page.goto(f"{watched.address}#/compare-runs?runs={runs}&experiments={experiments}")
    page.get_by_text("accuracy/math-open").first.wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    # Questions with what students answered, as text, and how it was graded.
    page.goto(f"{watched.address}#/experiments/{experiment}/traces")
    page.get_by_text("What is 3?").first.wait_for()
    assert page.get_by_text("expected_response").first.is_visible()
    assert page.locator("img[onerror]").count() == 0
    assert watched.troubles == []
