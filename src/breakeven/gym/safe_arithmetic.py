"""Expressions that an answer writes, read without running them.

Python's own parser makes a tree of the text; only the nodes and names below have a value.
"""

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

# What is longer is no expression that a data set asks for.
_LONGEST = 2000
# Above it a power is no term of an integral, and takes more memory than an answer can be worth.
_HIGHEST_POWER = 200

_FUNCTIONS = (
    *("exp", "log", "ln", "sqrt", "Abs", "sin", "cos", "tan", "cot", "sec", "csc"),
    *("asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
_CONSTANTS = ("E", "pi")


def value_and_numbers(text: str) -> tuple[Fraction, list[int]]:
    """The value of whole numbers under + - * / and parentheses, and the numbers, as written.

    Raises:
        ValueError: it is anything else, or divides by zero.
    """
    numbers: list[int] = []

    def value(node: ast.expr) -> Fraction:
        match node:
            # True is an int to Python.
            case ast.Constant(value=int() as number) if not isinstance(number, bool):
                numbers.append(number)
                return Fraction(number)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return -value(operand) if isinstance(sign, ast.USub) else value(operand)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ARITHMETIC:
                return _ARITHMETIC[type(operation)](value(left), value(right))
        raise ValueError("not a sum, product, difference or quotient of whole numbers")

    try:
        return value(_tree(text)), numbers
    except ZeroDivisionError as error:
        raise ValueError("a division by zero") from error


def expression(text: str, symbols: Mapping[str, Any]) -> Any:  # noqa: ANN401 - sympy's
    """The expression in sympy of a text with + - * / **, `symbols` and the usual functions.

    Raises:
        ValueError: it is anything else.
    """
    import sympy

    names = {**{name: getattr(sympy, name) for name in _CONSTANTS}, **symbols}

    def built(node: ast.expr) -> Any:  # noqa: ANN401
        match node:
            case ast.Constant(value=int() as number) if not isinstance(number, bool):
                return sympy.Integer(number)
            case ast.Constant(value=float()):
                return sympy.Rational(ast.unparse(node))  # 0.1 is a tenth, not the float next to it
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Call(func=ast.Name(id=name), args=[one], keywords=[]) if name in _FUNCTIONS:
                return getattr(sympy, name)(built(one))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return -built(operand) if isinstance(sign, ast.USub) else built(operand)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ALGEBRA:
                return _ALGEBRA[type(operation)](built(left), built(right))
        raise ValueError("not an expression of numbers, symbols and functions")

    return built(_tree(text))


def _power(base: Any, exponent: Any) -> Any:  # noqa: ANN401
    if exponent.is_number and not abs(exponent) <= _HIGHEST_POWER:
        raise ValueError(f"a power above {_HIGHEST_POWER}")
    return base**exponent


def _tree(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:  # also for too many parentheses
        raise ValueError("not an expression") from error


_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}
_ALGEBRA = {**_ARITHMETIC, ast.Pow: _power}
