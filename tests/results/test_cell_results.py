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


def test_a_pair_shares_student_corpus_family_seed_and_decoding():
    ift = cell("small", "ift")
    others = [
        cell("large", "reasoning"),
        cell("small", "reasoning", corpus="math"),
        cell("small", "reasoning", family="general-mc"),
        cell("small", "reasoning", seed=1),
        cell("small", "reasoning", decoding="vote"),
    ]
    match = cell("small", "reasoning", accuracy=0.75)
    pairs = results(ift, *others, match).pairs()
    assert pairs == ((ift, match),)
    assert pairs[0].gain == 0.25


def test_mixed_and_base_cells_make_no_pairs():
    assert (
        results(cell("small", "ift"), cell("small", "mixed"), cell("small", "base")).pairs() == ()
    )


def test_cell_finds_by_student_arm_and_family_or_gives_none():
    wanted = cell("small", "ift", seed=3)
    found = results(wanted, cell("small", "ift", family="math-mc"))
    assert found.cell("small", "ift", "math-open") is wanted
    assert found.cell("small", "ift", "math-open", seed=0) is None


def test_output_tokens_count_the_trace_and_stay_absent_without_a_count():
    assert cell("small", "ift", thinking_tokens=90.0, answer_tokens=10.0).output_tokens == 100
    assert cell("small", "ift", answer_tokens=10.0).output_tokens == 10
    assert cell("small", "ift", thinking_tokens=90.0).output_tokens is None
