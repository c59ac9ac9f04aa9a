"""What a drawing in SVG is written with: numbers that are the same on every machine, texts that are only texts."""

from __future__ import annotations

from html import escape


def number(x: float) -> str:
    """A coordinate, to a tenth of a pixel.

    >>> number(2.04), number(-0.01), number(1234.56)
    ('2', '0', '1234.6')
    """
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def plain(text: str) -> str:
    r"""Any text as it may stand in XML, which knows no control characters.

    >>> plain("<b>\x1b")
    '&lt;b&gt;\ufffd'
    """
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
