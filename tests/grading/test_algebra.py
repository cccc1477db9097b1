"""The time limit of algebra holds: in threads, in one huge multiplication, after a kill."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from breakeven.bounded.child import Child
from breakeven.core.errors import MachineError
from breakeven.grading.graders import GRADERS, graders
from breakeven.grading.maths import algebra as module
from breakeven.grading.maths.algebra import Algebra, AnswerAlgebra
from breakeven.grading.maths.expressions import read_expression
from breakeven.params import Grading
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item


@pytest.fixture
def quick():
    made = Algebra(0.5)
    yield made
    made.close()


def tree(text):
    read = read_expression(text, grouped=True)
    assert read is not None
    return read


def equal(algebra, said, wanted):
    return algebra.ask("equal", tree(said), tree(wanted), 0.0)[0]


@pytest.mark.parametrize(
    ("said", "wanted", "same"),
    [
        ("2\\sqrt{2}", "\\sqrt{8}", True),
        ("x+1", "x+2", False),
        ("\\sqrt{x^2}", "|x|", True),
        ("\\sqrt{x^2}", "x", False),
        ("\\sqrt{a}\\sqrt{b}", "\\sqrt{ab}", True),
        ("\\sqrt{2}\\sqrt{3}-\\sqrt{6}", "0", True),
        ("e^{-1000}", "0", False),
        ("\\pi", "3.14159265358979323846264338327950288419716939937510", False),
        ("\\pi + 10^{-90}", "\\pi", False),
        ("2^{0.5}\\cdot 10^{-40}", "2^{0.5}\\cdot 10^{-41}", False),
        ("(-1)^{n}", "\\cos(\\pi n)", True),
        ("(-1)^{n}", "1", False),
        ("\\frac{n!}{(n-1)!}", "n", True),
        ("\\infty", "10^{99}", False),
    ],
)
def test_expressions_are_compared_by_value(said, wanted, same):
    assert equal(module.algebra(5.0), said, wanted) is same


def test_what_has_no_value_at_any_point_cannot_be_told(quick):
    assert equal(quick, "\\ln(-x^2-1)", "x") is None


def test_an_answer_has_no_more_than_the_limit_in_all():
    one, before = AnswerAlgebra(0.4), module.algebra(0.4).given_up
    for number in range(5):
        assert one.equal(tree(f"{number + 1}00000007!"), tree("\\sqrt{5}")) is False
    assert module.algebra(0.4).given_up == before + 1


@pytest.mark.parametrize("endless", ["100000000!", "9^{9^{9^{9}}}", "(x+1)^{99999999}"])
def test_a_comparison_that_never_ends_is_given_up_in_time(quick, endless):
    equal(quick, "x", "y")  # the child's start is not under the limit
    started = time.monotonic()
    assert equal(quick, endless, "\\sqrt{5}") is False
    # The limit is of the processor's time; of the clock's it is twenty times that, and the start.
    assert time.monotonic() - started < 30
    assert equal(quick, "1+x", "x+1") is True
    assert quick.given_up <= 1


def test_a_pair_is_compared_once(quick):
    for _ in range(3):
        assert equal(quick, "100000000!", "\\sqrt{5}") is False
    assert (quick.compared, quick.given_up) == (1, 1)


def test_the_limit_holds_in_threads(quick):
    found = {}

    def ask(number):
        found[number] = equal(quick, f"x+{number}", f"{number}+x")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    threads.append(threading.Thread(target=equal, args=(quick, "9^{9^{9^{9}}}", "1")))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert found == dict.fromkeys(range(8), True)


def test_a_child_that_died_is_replaced(quick):
    equal(quick, "x", "y")
    quick.child._process.kill()
    quick.child._process.wait()
    assert equal(quick, "a+b", "b+a") is True
    assert quick.given_up == 0


def test_a_library_that_does_not_start_is_no_verdict():
    def broken():
        raise SystemExit(1)

    with pytest.raises(MachineError, match="sympy does not start"):
        Child(broken, limit_seconds=1.0, what="sympy").ask("x", "y")


def test_a_child_ends_with_the_process_that_began_it(tmp_path):
    code = """
        import os
        from breakeven.grading.maths.algebra import Algebra
        from breakeven.grading.maths.tree import number
        one = Algebra(1.0)
        one.ask("equal", number(1), number(2), 0.0)
        print(one.child._process.pid, flush=True)
        os.kill(os.getpid(), 9)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True
    )
    pid = int(done.stdout)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(pid):
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_limit_of_params_is_that_of_the_grader():
    item = Item("i1", "t", "math-open", "?", "\\sqrt{5}", "c", "math")
    started = time.monotonic()
    assert graders(Grading(math_seconds=0.5))["math"]("\\boxed{99999999!}", item) == Grade(
        False, True
    )
    assert time.monotonic() - started < 30


def test_plain_numbers_and_words_need_no_child(monkeypatch):
    def refuse(*_):
        raise AssertionError("a child was started")

    monkeypatch.setattr(Child, "_begin", refuse)
    for answer in ("7", "\\frac{7}{1}", "8", "\\boxed{seven}", "I do not know", "7e0"):
        GRADERS["math"](answer, Item("i1", "t", "math-open", "?", "7", "c", "math"))
