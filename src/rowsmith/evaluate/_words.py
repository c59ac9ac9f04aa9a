"""Numbers as a reader sees them."""

from __future__ import annotations


def show(value: float | None, unit: str) -> str:
    """A figure's number, with as many digits as mean something.

    >>> show(0.53212, "AUC"), show(1.234, "%"), show(0.0512, "share"), show(None, "%")
    ('0.532', '1.23 %', '5.1 %', '–')
    """
    if value is None:
        return "–"
    if unit == "%":
        return f"{value:.2f} %" if value < 10 else f"{value:.1f} %"
    if unit == "SD":
        return f"{value:.3f} SD"
    if unit == "share":
        return percent(value)
    if unit in ("rows", "levels"):
        return f"{value:,.0f}"
    return f"{value:.3f}" if unit in ("AUC", "R²", "D²") else f"{value:.3g}"


def percent(share: float) -> str:
    """A share as per cent.

    >>> percent(0.0), percent(0.0004), percent(0.0512), percent(0.1)
    ('0 %', '0.04 %', '5.1 %', '10 %')
    """
    value = 100 * share
    if abs(value - round(value)) < 1e-9:
        return f"{value:.0f} %"
    if abs(value) < 0.005:
        return "< 0.01 %"
    return f"{value:.2f} %" if value < 1 else f"{value:.1f} %"


def rows(n: int) -> str:
    """A count of rows.

    >>> rows(1), rows(12000)
    ('1 row', '12,000 rows')
    """
    return f"{n:,} row" + ("" if n == 1 else "s")


def readable(text: str, most: int = 80) -> str:
    r"""Text of the user's that is safe to show: nothing that cannot be seen or turns the line round, and not too long.

    >>> readable("a\nb"), readable("x" * 9, 5)
    ('a\\nb', 'xxxx…')
    """
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return seen if len(seen) <= most else seen[: most - 1] + "…"
