"""Columns cut from axes that are tied by a copula: the Gaussian one, the t copula, or a vine of copulas of pairs.

A column is cut by its own shares, so that it comes with every value as often as it did, whatever its law. What ties columns
together is learnt apart (A. Sklar, 1959; R. Nelsen, "An Introduction to Copulas", 2006): a matrix of correlations, which can be
read, or a tree of pairs. `_copula_axes` says how columns of levels are cut.

Rows around one known column are exact with the Gaussian copula, groups of values included. With more, or with the t copula, the known
columns' places on their axes come from Gibbs sampling, which comes as near as one likes with its sweeps (`_copula_given`), and the
others follow exactly; with a vine from particles (`_copula_vine`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State

if TYPE_CHECKING:
    from rowsmith.learn._copula_elliptic import Elliptic
    from rowsmith.learn._copula_vine import Vine

FAMILIES = ("gaussian", "t", "vine")


@dataclass(frozen=True)
class FittedCopula(FittedLearner):
    """A fitted copula.

    Attributes:
        law: of the axes of all columns; None where there are no columns.
    """

    law: Elliptic | Vine | None

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows."""
        return [] if self.law is None else self.law.draw(n, key, given or {})

    @property
    def df(self) -> float | None:
        """Degrees of freedom of the t copula; None for another."""
        return getattr(self.law, "df", None)

    def correlations(self) -> NDArray[np.float64]:
        """Of each two columns, on their axes, shape (columns, columns)."""
        return np.zeros((0, 0)) if self.law is None else self.law.between()

    def state(self) -> State:
        """The law, and whether it is a vine."""
        from rowsmith.learn._copula_vine import Vine

        if self.law is None:
            return {"law": None}
        return {"law": "vine" if isinstance(self.law, Vine) else "elliptic", **self.law.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        from rowsmith.learn._copula_elliptic import Elliptic
        from rowsmith.learn._copula_vine import Vine

        if state["law"] is None:
            return cls(None)
        return cls((Vine if state["law"] == "vine" else Elliptic).from_state(state))


@dataclass(frozen=True, kw_only=True)
class Copula(Learner):
    """A copula: right columns, and a matrix of correlations between them that can be read; learnt in seconds, drawn in an instant.

    It keeps what rises and falls together, and what goes with each level of a category. What is bent (a number that is high at both
    ends of another) it straightens; take `trees` for that.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> x = np.random.default_rng(0).integers(0, 50, 2000).astype(np.uint16)
    >>> pair = [Codes(x, size=50, ordered=True), Codes(49 - x, size=50, ordered=True)]
    >>> a, b = Copula().fit(pair, key=Key(7)).draw(1000, Key(7))
    >>> bool(np.corrcoef(a, b)[0, 1] < -0.95)
    True
    """

    family: Literal["gaussian", "t", "vine"] = "gaussian"
    """What ties columns: gaussian; t, in which extremes come together; vine, a copula of its own for each pair of columns."""
    df: float | None = None
    """Degrees of freedom of the t copula, from 1: the fewer, the more often extremes come together. Estimated if left out."""
    trees: int = 5
    """Trees of the vine that are learnt; what pairs would be left after so many conditions counts as independent."""

    fitted = FittedCopula

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise SpecError(f"family={self.family!r}: expected one of {', '.join(FAMILIES)}.")
        if self.df is not None and not 1 <= self.df <= 1000:
            raise SpecError(f"df={self.df!r}: expected a number from 1 to 1000.")
        if self.df is not None and self.family != "t":
            raise SpecError(f"df={self.df!r}: is of the t copula; say family=t too, or leave it out.")
        if not 1 <= self.trees <= 100:
            raise SpecError(f"trees={self.trees!r}: expected a number from 1 to 100.")

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> FittedCopula:
        """Learn the columns' shares and what ties them; known columns are no others, since any can be given."""
        if not columns:
            progress("learning", 0, 0)
            return FittedCopula(None)
        if self.family == "vine":
            from rowsmith.learn._copula_vine_fit import fit_vine

            return FittedCopula(fit_vine(columns, self.trees, key, progress))
        from rowsmith.learn._copula_elliptic import fit_elliptic

        return FittedCopula(fit_elliptic(columns, self.family == "t", self.df, key, progress))
