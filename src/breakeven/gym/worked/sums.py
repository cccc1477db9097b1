"""Sums, products, expressions and linear equations, one operation a step."""

import ast
import re
from decimal import Decimal
from fractions import Fraction

from breakeven.gym.worked.solver import Raw, Worked, with_answer

_EQUATION = re.compile(
    r"(?:(?P<first>-?\d+) (?P<minus>[-+]) )?(?P<factor>-?(?:\d+\*)?)(?P<name>[a-z])"
    r"(?: (?P<sign>[-+]) (?P<last>\d+))? = (?P<right>-?\d+)"
)
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def running_total(raw: Raw) -> Worked | None:
    """A chain of sums and differences, from left to right."""
    first, *rest = raw["metadata"]["expression"].split()
    total, steps = Decimal(first), []  # 0.1 + 0.2 has to be 0.3
    for operator, term in zip(rest[::2], rest[1::2], strict=True):
        after = total + Decimal(term) if operator == "+" else total - Decimal(term)
        steps.append(f"{total} {operator} {term} = {after}")
        total = after
    return with_answer(steps, raw, len(steps)) if total == Decimal(raw["answer"]) else None


def expression(raw: Raw) -> Worked | None:
    """An expression with brackets, in the order in which its operations bind."""
    steps: list[str] = []
    tree = ast.parse(" ".join(raw["metadata"]["expression"].split()), mode="eval")
    value, depth = _evaluated(tree.body, steps)
    return with_answer(steps, raw, depth) if str(value) == raw["answer"] else None


def _evaluated(node: ast.expr, steps: list[str]) -> tuple[Fraction, int]:
    """The value of a part, and how many operations lie below one another in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value), 0
    if isinstance(node, ast.UnaryOp):
        value, depth = _evaluated(node.operand, steps)
        return -value, depth
    assert isinstance(node, ast.BinOp)
    (left, left_depth), (right, right_depth) = (
        _evaluated(side, steps) for side in (node.left, node.right)
    )
    operator = _OPERATORS[type(node.op)]
    value = _applied(left, operator, right)
    steps.append(f"{left} {operator} {right} = {value}")
    return value, 1 + max(left_depth, right_depth)


def _applied(left: Fraction, operator: str, right: Fraction) -> Fraction:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right


def product(raw: Raw) -> Worked | None:
    """Factors multiplied in turn, each by its digits from the left and a running total."""
    first, *rest = raw["metadata"]["expression"].split(" * ")
    steps: list[str] = []
    total = int(first)
    for factor in rest:
        total = _times(total, int(factor), steps)
    return with_answer(steps, raw, len(steps)) if str(total) == raw["answer"] else None


def _times(left: int, right: int, steps: list[str]) -> int:
    """The product; its steps are one partial product a digit, and their sum so far."""
    size, total = str(abs(right)), 0
    for index, digit in enumerate(size):
        part = int(digit) * 10 ** (len(size) - 1 - index) * (-1 if right < 0 else 1)
        if part:  # a digit 0 adds nothing
            steps.append(f"{left} * {part} = {left * part}")
            if total:
                steps.append(f"{total} + {left * part} = {total + left * part}")
            total += left * part
    if not right:
        steps.append(f"{left} * 0 = 0")
    return total


def equation(raw: Raw) -> Worked | None:
    """A linear equation: the constant to the right, then divided by the factor."""
    match = _EQUATION.fullmatch(raw["metadata"]["equation"])
    if match is None:  # the unknown cancelled out: any value would do
        return None
    factor, constant = _linear(match)
    right, name, steps = int(match["right"]), match["name"], []
    if constant:
        sign, size = ("-", constant) if constant > 0 else ("+", -constant)
        steps.append(f"{factor}*{name} = {right} {sign} {size} = {right - constant}")
    steps.append(f"{name} = {right - constant} / {factor} = {raw['answer']}")
    solved = factor * int(raw["answer"]) + constant == right
    return with_answer(steps, raw, len(steps)) if solved else None


def _linear(match: re.Match[str]) -> tuple[int, int]:
    """Factor and constant of the side with the unknown."""
    factor = int({"": "1", "-": "-1"}.get(match["factor"], match["factor"].rstrip("*")))
    if match["first"] is not None:
        return (-factor if match["minus"] == "-" else factor), int(match["first"])
    constant = int(match["last"] or 0)
    return factor, -constant if match["sign"] == "-" else constant


def equation_content(raw: Raw) -> str:
    """The equation whatever its unknown is called."""
    return str(re.sub(r"[a-z]", "x", raw["metadata"]["equation"]))
