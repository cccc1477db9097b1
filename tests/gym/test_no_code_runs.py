"""No answer is executed, whatever its data set; and each data set still tells right from wrong."""

import ast
import inspect
import os
import socket
import time
from pathlib import Path

import pytest
from reasoning_gym.factory import DATASETS

from breakeven.bounded.child import GAVE_UP, Child
from breakeven.core.errors import InputError
from breakeven.grading.graders import graders
from breakeven.gym import scoring
from breakeven.gym.datasets import REFUSED, check_dataset
from breakeven.gym.distinct_entries import entries
from breakeven.gym.scorers import OWN
from breakeven.params import Grading
from breakeven.rows.item import Item

# A short limit for mathematics, where two payloads are sums that never end.
GRADERS = graders(Grading(math_seconds=0.3))
USABLE = sorted(name for name in DATASETS if name not in REFUSED)


def first(dataset: str, config=None) -> Item:
    (entry,) = entries(
        "params.yaml: tasks.t", dataset, config or {}, count=1, seed=1, partition="test"
    )
    meta = entry.meta(dataset, config or {})
    return Item("1", "t", "math-open", entry.prompt, entry.answer, "c", entry.grader, (), meta=meta)


def payloads(marker) -> list[str]:
    write = f"__import__('pathlib').Path({str(marker)!r}).write_text('x')"
    return [
        write,
        f"[{write}]",
        f"[[{write}]]",
        f"'1 2' + str({write})",
        f"\\boxed{{{write}}}",
        f"open({str(marker)!r}, 'w').write('x')",
        f"__import__('os').system('touch {marker}')",
        f"(lambda: {write})()",
        f"Symbol({write})",
        f"exec({write!r})",
        f"x + C*len(str({write}))",
        f"E**({write})",
        f"[c for c in ().__class__.__base__.__subclasses__()] and {write}",
        f"__import__('subprocess').run(['touch', {str(marker)!r}])",
        "exit()",
        "raise SystemExit",
        "__import__('os')._exit(77)",
        "__import__('os').environ['BREAKEVEN_SECRET']",
        "9**9**9**9",
        "9^9^9^9",
        "factorial(10**9)",
        "1e999999999",
        "10**10**10 * x + C",
        "[[7] * 10**10] * 10**10",
        "((((" * 3000,
        "-" * 5000 + "1",
        "[" * 5000,
        "\ud800",
    ]


@pytest.mark.parametrize("dataset", USABLE)
def test_an_answer_that_is_code_does_nothing(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("BREAKEVEN_SECRET", "4f1d")
    marker, item = tmp_path / "marker", first(dataset)
    grade = GRADERS[item.grader]
    given_up = scoring.scoring_child().given_up
    started = time.monotonic()
    for payload in payloads(marker):
        if "**" in payload and item.grader == "math" and dataset != "gcd":
            continue  # the same grader; each of these sums costs a child
        assert not grade(payload, item).correct, payload
    assert not marker.exists()
    assert time.monotonic() - started < 60  # of the clock, on a busy machine
    assert scoring.scoring_child().given_up - given_up <= 1
    assert grade(item.reference, item).correct
    assert not grade("no idea", item).correct
    assert not grade(f"{item.reference} {item.reference} 1", item).correct or dataset in _LENIENT


# The first fraction of a text, and who is a knight however often it is said.
_LENIENT = frozenset({"fraction_simplification", "knights_knaves"})


@pytest.mark.parametrize("dataset", sorted(set(USABLE) - set(OWN)))
def test_a_scorer_that_evaluates_text_is_not_used(dataset):
    scorer = next(one for one in DATASETS[dataset][0].__mro__ if "score_answer" in vars(one))
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(vars(scorer)["score_answer"])))
    called = {ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree)
              if isinstance(node, ast.Call)}  # fmt: skip
    assert not called & {"eval", "exec", "compile", "parse_expr", "sympify", "S", "__import__"}


SCORED = [
    ("countdown", {"numbers": [2, 3, 4], "target": 14}, [
        ("2 + 3*4", True), ("(3*4) + 2", True), ("4*3+2.", True), ("2 + 3 + 4", False),
        ("14", False), ("2 + 12", False), ("2 + 3*4 + 0", False), ("2 + 3*4 = 14", False),
        ("2 + 3**4", False), ("int(14)", False), ("3*4 + True*2", False), ("28/2", False),
    ]),
    ("puzzle24", {"numbers": [1, 5, 5, 5]}, [
        ("5*(5 - 1/5)", True), ("(5 - 1/5)*5", True), ("5*5 - 1", False), ("24", False),
        ("6*4*1*1", False), ("5*5 - 1/5", False), ("5*5 - 5 + 4", False), ("1/0 + 5 + 5", False),
    ]),
    ("simple_integration", {"integrand": "6*x**2 - 1/3", "variable": "x"}, [
        ("2*x**3 - x/3 + C", True), ("2*x**3 - x/3", True), ("x*(6*x**2 - 1)/3 + 7", True),
        ("2*x**3 - 0.5*x + C", False), ("2*x**3", False), ("2x^3 - x/3 + C", False),
        ("Integral(6*x**2 - 1/3, x)", False), ("x.diff(x)", False),
    ]),
    ("intermediate_integration", {"integrand": "2*cos(2*X)*exp(X)", "variable": "X"}, [
        ("(4*sin(2*X) + 2*cos(2*X))*exp(X)/5 + C", True), ("2*sin(2*X)*E**X + C", False),
        ("E**X*(4*sin(2*X) + 2*cos(2*X))/5", True),
    ]),
    ("number_sorting", {"sorted_numbers": ["-1.5", "2.0"], "direction": "ascending"}, [
        ("['-1.5', '2.0']", True), ("[-1.5, 2]", True), ("[2, -1.5]", False),
        ("[-1.0, 2.5]", False), ("[-1.5]", False), ("-1.5, 2.0", False),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "metadata", "answers"), SCORED, ids=lambda v: str(v)[:24])
def test_what_is_read_instead_of_run_is_scored_as_the_question_asks(dataset, metadata, answers):
    entry = {"question": "?", "answer": "?", "metadata": metadata}
    for answer, right in answers:
        assert scoring.full_marks(dataset, {}, entry, answer) is right, answer


def reacher():
    """What the guard of a child lets pass, and what it knows of us."""

    def spin():
        while True:
            pass

    reach = {
        "environment": lambda _: sorted(os.environ),
        "read": lambda where: Path(where).read_text(),
        "write": lambda where: Path(where).write_text("written"),
        "remove": lambda where: Path(where).unlink(),
        "system": os.system,
        "connect": lambda _: socket.create_connection(("127.0.0.1", 9), timeout=1),
        "fill": lambda _: len(bytearray(10**11)),
        "wait": lambda _: spin(),
    }

    def caught(what, where):
        try:
            return reach[what](where)
        except (PermissionError, MemoryError) as error:
            return type(error).__name__

    return caught


def test_the_child_has_no_secrets_and_reaches_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "4f1d")
    kept = tmp_path / "kept"
    kept.write_text("here")
    child = Child(reacher, limit_seconds=1.0, what="the test")
    known = child.ask("environment", "")
    assert "OPENAI_API_KEY" not in known
    assert "HOME" not in known
    for what in ("write", "system", "connect", "remove"):
        assert child.ask(what, str(kept)) == "PermissionError", what
    assert child.ask("fill", "") == "MemoryError"
    assert child.ask("read", str(kept)) == "here"
    started = time.monotonic()
    assert child.ask("wait", "") is GAVE_UP
    assert time.monotonic() - started < 20
    assert child.given_up == 1
    assert child.ask("read", str(kept)) == "here"
    child.close()


def test_check_refuses_a_data_set_that_cannot_be_used():
    check_dataset("params.yaml: tasks.u", "gcd", {})
    with pytest.raises(InputError, match=r"tasks\.t\.dataset: boxnet cannot be used: it has no"):
        check_dataset("params.yaml: tasks.t", "boxnet", {})
