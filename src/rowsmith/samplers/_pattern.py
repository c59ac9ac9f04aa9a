r"""Regular expressions as trees: a subset of Python's syntax that describes how to make a text.

Understood are: characters; escapes `\d \w \s \D \W \S \n \t \r \xHH \uHHHH` and of any sign; `.`; classes
`[a-z_]` and `[^…]`; groups `(…)`, `(?:…)`, `(?P<name>…)`; alternatives `a|b`; `? * + {m} {m,} {m,n} {,n}`, also with
`?` behind (it makes no difference to what matches); `^` at the start and `$` at the end. `.`, `\D`, `\W`, `\S` and
`[^…]` stand for printable ASCII characters, `\d` and `\w` for ASCII ones, `\s` for a space.
"""

from __future__ import annotations

import re
import string
import warnings
from collections.abc import Set
from dataclasses import dataclass
from typing import TypeAlias

from rowsmith.core.errors import SpecError

PRINTABLE = frozenset(map(ord, string.ascii_letters + string.digits + string.punctuation + " "))
_DIGITS = frozenset(map(ord, string.digits))
_WORD = _DIGITS | frozenset(map(ord, string.ascii_letters + "_"))
_SPACE = frozenset([ord(" ")])
_SETS = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACE,
    "D": PRINTABLE - _DIGITS,
    "W": PRINTABLE - _WORD,
    "S": PRINTABLE - _SPACE,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SURROGATES = frozenset(range(0xD800, 0xE000))  # halves of pairs, no characters by themselves
_NO_CHARACTERS = _SURROGATES | {0}
_QUANTIFIER = re.compile(r"\{(\d*)(,?)(\d*)\}")
MOST_LENGTH = 10_000


@dataclass(frozen=True)
class Chars:
    """One of some characters."""

    points: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """Parts one after another."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """One of some parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part several times."""

    part: Node
    least: int
    most: int


Node: TypeAlias = Chars | Run | Either | Repeat


def length(node: Node) -> int:
    """Characters of the longest text."""
    if isinstance(node, Chars):
        return 1
    if isinstance(node, Repeat):
        return node.most * length(node.part)
    sizes = [length(part) for part in node.parts]
    return sum(sizes) if isinstance(node, Run) else max(sizes)


def parse(pattern: str, most: int) -> Node:
    r"""The tree of a pattern.

    Args:
        pattern: regular expression.
        most: repetitions that `*`, `+` and `{m,}` stand for at most (but m at least).

    Raises:
        SpecError: it is none, uses what is not understood, or makes texts that are too long.

    >>> parse("a{2}|b", 8)
    Either(parts=(Repeat(part=Chars(points=(97,)), least=2, most=2), Chars(points=(98,))))
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what later versions may read otherwise is no matter here
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        raise SpecError(f"pattern={pattern!r}: is not a regular expression ({fault}).") from None
    try:
        node = _Parser(pattern, most).parse()
    except RecursionError:
        raise SpecError(f"pattern={pattern!r}: its groups are nested too deeply.") from None
    if length(node) > MOST_LENGTH:
        raise SpecError(
            f"pattern={pattern!r}: makes texts of up to {length(node):,} characters; expected {MOST_LENGTH:,}."
        )
    return node


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str, most: int) -> None:
        self.text, self.at, self.most = pattern, 0, most

    def parse(self) -> Node:
        """The whole pattern."""
        self._take("^")
        node = self._either(top=True)
        if self.at < len(self.text):
            self._refuse(self._peek())
        return node

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, word: str) -> bool:
        found = self.text.startswith(word, self.at)
        self.at += len(word) * found
        return found

    def _refuse(self, what: str) -> None:
        raise SpecError(
            f"pattern={self.text!r}: {what!r} at place {self.at + 1} is not understood; expected characters, classes, "
            "groups, alternatives and repetitions only."
        )

    def _either(self, *, top: bool = False) -> Node:
        parts = [self._run(top=top)]
        while self._take("|"):
            parts.append(self._run(top=top))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _run(self, *, top: bool) -> Node:
        parts: list[Node] = []
        while (sign := self._peek()) and sign not in "|)":
            if sign == "$" and top and self.at == len(self.text) - 1:
                self.at += 1
                break
            parts.append(self._repeated(self._one()))
        return parts[0] if len(parts) == 1 else Run(tuple(parts))

    def _one(self) -> Node:
        start, sign = self.at, self._peek()
        self.at += 1
        if sign == ".":
            return self._chars(PRINTABLE, start)
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._chars(self._escape(), start)
        if sign == "(":
            if self._take("?") and not self._take(":"):
                name = re.compile(r"P<\w+>").match(self.text, self.at)
                if name is None:
                    self.at = start
                    self._refuse(self.text[start : start + 3])
                else:
                    self.at = name.end()
            node = self._either()
            self._take(")")
            return node
        if sign in "^$?*+":
            self.at = start
            self._refuse(sign)
        return self._chars({ord(sign)}, start)

    def _chars(self, points: Set[int], start: int) -> Node:
        if not points or points & _NO_CHARACTERS:
            shown, self.at = self.text[start : self.at], start
            self._refuse(shown)
        return Chars(tuple(sorted(points)))

    def _escape(self) -> frozenset[int]:
        """What stands after a backslash."""
        sign = self._peek()
        if sign in _SETS:
            self.at += 1
            return _SETS[sign]
        for letter, width in (("x", 2), ("u", 4), ("U", 8)):
            if sign == letter:
                self.at += 1 + width
                return frozenset([int(self.text[self.at - width : self.at], 16)])
        if sign.isalnum() and sign not in _CONTROLS:
            self.at -= 1
            self._refuse(f"\\{sign}")
        self.at += 1
        return frozenset([ord(_CONTROLS.get(sign, sign))])

    def _class(self) -> Node:
        start = self.at - 1
        negative = self._take("^")
        found: set[int] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if len(low) == 1 and self._peek() == "-" and self.text[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                high = self._member()
                found.update(range(min(low), max(high) + 1))
            else:
                found |= low
        self.at += 1
        if negative:
            found = set(PRINTABLE) - found
        return self._chars(found - _SURROGATES if len(found) > 1 else found, start)

    def _member(self) -> frozenset[int]:
        sign = self._peek()
        self.at += 1
        return self._escape() if sign == "\\" else frozenset([ord(sign)])

    def _repeated(self, node: Node) -> Node:
        sign = self._peek()
        least, most = {"?": (0, 1), "*": (0, self.most), "+": (1, max(self.most, 1))}.get(sign, (1, 1))
        if sign and sign in "?*+":
            self.at += 1
        elif found := _QUANTIFIER.match(self.text, self.at):
            if not (found[1] or found[2]):
                return node  # `{}` is two characters
            self.at = found.end()
            least = int(found[1] or 0)
            most = int(found[3]) if found[3] else max(self.most, least) if found[2] else least
        else:
            return node
        if self._peek() == "+":
            self._refuse(f"{sign}+")  # possessive
        self._take("?")
        return Repeat(node, least, most)
