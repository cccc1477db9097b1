"""Numbers as they are read: percents, points, p values and intervals, written in one place.

What rounds to zero is written without a sign, and a minus is a minus (−), not a hyphen.
"""


def fixed(value: float, decimals: int = 1, *, signed: bool = False) -> str:
    """A number with so many decimals; with `signed`, a plus before what is above zero."""
    text = f"{value:{'+' if signed else ''}.{decimals}f}"
    bare = text.lstrip("+-")
    return text.replace("-", "−") if float(bare) else bare


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as percent, a dash where there is none."""
    return "–" if share is None else f"{fixed(100 * share, decimals)}%"


def points(share: float | None) -> str:
    """A difference of fractions in percentage points, with its sign; a dash where there is none."""
    return "–" if share is None else fixed(100 * share, signed=True)


def span(low: str, high: str) -> str:
    """Two ends as they are read: "2 to 8", and one where both read the same."""
    return low if low == high else f"{low} to {high}"


def times(factor: float) -> str:
    """A factor in two figures, three where two would read as 1: 17, 2.5, 1.02."""
    return f"{factor:.2g}" if f"{factor:.2g}" != "1" else f"{factor:.3g}"


def percent_interval(share: float | None, low: float | None, high: float | None) -> str:
    """41.3% (38.0 to 44.6), the value alone where it has no interval, or a dash."""
    if share is None or low is None or high is None:
        return percent(share)
    return f"{percent(share)} ({fixed(100 * low)} to {fixed(100 * high)})"


def points_interval(share: float | None, low: float | None, high: float | None) -> str:
    """+3.5 (+1.2 to +5.8), the value alone where it has no interval, or a dash."""
    if share is None or low is None or high is None:
        return points(share)
    return f"{points(share)} ({points(low)} to {points(high)})"


def p_word(p_value: float | None) -> str:
    """A p value as it is read; a p of 0 is one too small to count, not one that is missing."""
    if p_value is None:
        return "–"
    if p_value < 0.001:
        return "<0.001"
    return fixed(p_value, 3 if p_value < 0.1 else 2)
