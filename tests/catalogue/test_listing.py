"""`breakeven tasks list`: a line a benchmark."""

import json

from typer.testing import CliRunner

from breakeven.catalogue.benchmark import catalogue
from breakeven.catalogue.listing import listing, listing_lines
from breakeven.cli import app


def test_every_benchmark_has_a_row_with_what_the_catalogue_says() -> None:
    rows = {row["benchmark"]: row for row in listing()}
    assert rows.keys() == catalogue().benchmarks.keys()
    assert (rows["openbookqa"]["items"], rows["openbookqa"]["chance"]) == (500, 0.25)


def test_lines_stand_in_columns_and_json_is_one_object() -> None:
    lines = list(listing_lines(listing()))
    assert len(lines) == len(catalogue().benchmarks) + 1
    place = lines[0].index("family")
    assert {line[place - 1] for line in lines} == {" "}
    told = CliRunner().invoke(app, ["tasks", "list", "--json"])
    assert json.loads(told.output) == listing()
