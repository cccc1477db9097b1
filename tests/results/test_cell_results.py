from breakeven.results.cell_results import CellResult, Results


def cell(student: str, style: str, **changes: object) -> CellResult:
    known: dict[str, object] = {
        "student": student,
        "size_parameters": {"small": 1e9, "large": 8e9, "odd": None}[student],
        "arm": style,
        "style": style,
        "reasoning_share": None,
        "corpus": None if style == "base" else "general",
        "seed": 0,
        "decoding": "greedy",
        "family": "math-open",
        "accuracy": 0.5,
    }
    return CellResult(**{**known, **changes})


def results(*cells: CellResult) -> Results:
    return Results("study", "measured", cells)


def test_families_follow_the_study_and_new_ones_come_last():
    found = results(
        cell("small", "ift", family="logic"),
        cell("small", "ift", family="math-open"),
        cell("small", "ift", family="general-mc"),
    )
    assert found.families() == ("general-mc", "math-open", "logic")


def test_students_are_ordered_by_size_with_unknown_sizes_last():
    found = results(cell("odd", "ift"), cell("large", "ift"), cell("small", "ift"))
    assert found.students() == ("small", "large", "odd")


def test_untrained_cells_add_no_corpus():
    found = results(
        cell("small", "base"), cell("small", "ift"), cell("large", "ift", corpus="math")
    )
    assert found.corpora() == ("general", "math")


def test_output_tokens_count_the_trace_and_stay_absent_without_a_count():
    assert cell("small", "ift", thinking_tokens=90.0, answer_tokens=10.0).output_tokens == 100
    assert cell("small", "ift", answer_tokens=10.0).output_tokens == 10
    assert cell("small", "ift", thinking_tokens=90.0).output_tokens is None
