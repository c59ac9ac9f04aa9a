"""Everything that can go wrong, by whose fault it is.

One base class; a subclass says who can mend it: the data, the spec or settings, or us. The message is one sentence
that says where, what value, what was expected and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RowsmithError(Exception):
    """Base of every error that rowsmith raises on purpose.

    Attributes:
        exit_code: what the command line ends with: 2 for the user's fault, 1 for ours.
    """

    exit_code: int = 2


class DataError(RowsmithError):
    """The data cannot be read, learnt or judged as it is."""


class SpecError(RowsmithError):
    """A setting, a schema, a spec or an argument is not what it should be."""


class ModelFileError(RowsmithError):
    """A saved model is damaged, foreign or of another version."""


class OutputError(RowsmithError):
    """The result cannot be written where it was asked for."""


class InternalError(RowsmithError):
    """A fault of rowsmith itself."""

    exit_code = 1


def near(name: object, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """The known names closest to an unknown one, if they are as like it as that (1 for equal ones), three at most."""
    folded = {each.casefold(): each for each in known}
    return [folded[each] for each in difflib.get_close_matches(str(name).casefold(), folded, n=3, cutoff=likeness)]


def suggest(name: object, known: Iterable[str]) -> str:
    """The known names closest to an unknown one, as a clause that ends a sentence.

    >>> suggest("tres", ["trees", "independent"])
    "; did you mean 'trees'?"
    >>> suggest("x", ["trees", "independent"])
    '; known: independent, trees.'
    """
    names = sorted(known)
    close = near(name, names)
    if close:
        return "; did you mean " + " or ".join(repr(c) for c in close) + "?"
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"; known: {listed}." if names else "."
