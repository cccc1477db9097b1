"""The time limit of math-verify holds: in threads, in one huge multiplication, after a kill."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from breakeven.bounded.child import Child
from breakeven.errors import MachineError
from breakeven.grading.grade import Grade
from breakeven.grading.graders import GRADERS, graders
from breakeven.grading.verifier import Verifier
from breakeven.params import Grading
from breakeven.tasks.items import Item


@pytest.fixture
def quick():
    made = Verifier(1.0)
    yield made
    made.close()


def test_expressions_are_compared_by_value(quick):
    assert quick.equal("2\\sqrt{2}", "\\sqrt{8}") is True
    assert quick.equal("x+1", "x+2") is False
    assert quick.equal("", "7") is None


@pytest.mark.parametrize("endless", ["100000000!", "9^{9^{9^{9}}}", "(x+1)^{99999999}"])
def test_a_comparison_that_never_ends_is_given_up_in_time(quick, endless):
    quick.equal("x", "y")  # the child's start is not under the limit
    started = time.monotonic()
    assert quick.equal(endless, "\\sqrt{5}") is False
    assert time.monotonic() - started < 2.5
    assert quick.equal("1+x", "x+1") is True
    assert quick.given_up <= 1


def test_a_pair_is_compared_once(quick):
    for _ in range(3):
        assert quick.equal("100000000!", "\\sqrt{5}") is False
    assert (quick.compared, quick.given_up) == (1, 1)


def test_the_limit_holds_in_threads(quick):
    found = {}

    def ask(number):
        found[number] = quick.equal(f"x+{number}", f"{number}+x")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    threads.append(threading.Thread(target=quick.equal, args=("9^{9^{9^{9}}}", "1")))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert found == dict.fromkeys(range(8), True)


def test_a_child_that_died_is_replaced(quick):
    quick.equal("x", "y")
    quick.child._process.kill()
    quick.child._process.wait()
    assert quick.equal("a+b", "b+a") is True
    assert quick.given_up == 0


def test_a_library_that_does_not_start_is_no_verdict():
    def broken():
        raise SystemExit(1)

    with pytest.raises(MachineError, match="math-verify does not start"):
        Child(broken, limit_seconds=1.0, what="math-verify").ask("x", "y")


def test_a_child_ends_with_the_process_that_began_it(tmp_path):
    code = """
        import os
        from breakeven.grading.verifier import Verifier
        one = Verifier(1.0)
        one.equal("x", "y")
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
    assert time.monotonic() - started < 4


def test_plain_numbers_and_words_need_no_child(monkeypatch):
    def refuse(*_):
        raise AssertionError("a child was started")

    monkeypatch.setattr(Child, "_begin", refuse)
    for answer in ("7", "\\frac{7}{1}", "8", "\\boxed{seven}", "I do not know", "7e0"):
        GRADERS["math"](answer, Item("i1", "t", "math-open", "?", "7", "c", "math"))
