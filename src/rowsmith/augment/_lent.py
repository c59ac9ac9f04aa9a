"""What other rooms do for a change, lent by `engine/`, since rooms do not import one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rowsmith.core.rng import Key

if TYPE_CHECKING:
    from rowsmith.augment._change import Outcome
    from rowsmith.augment._subject import Subject


class Lent(ABC):
    """The services."""

    @abstractmethod
    def fit(self, subject: Subject, given: str | None, key: Key) -> Callable[[pa.Table, Key], pa.Table]:
        """Learn a table with the default learner, and draw from then on: a column of m rows to m whole rows.

        Nothing is protected: the rows that are learnt stay beside those that are drawn.

        Args:
            subject: the table.
            given: the column that is given whenever rows are drawn: others hang on it directly, which is exact and quick, but
                wants some rows of each of its values; None for any column, which is found by chance and weighed.
            key: random stream of the fit.

        Raises:
            DataError: there is nothing to learn.
        """

    @abstractmethod
    def spoil(
        self, subject: Subject, table: pa.Table, flaw: str, settings: Mapping[str, Any], difficulty: float, key: Key
    ) -> Outcome:
        """Plant a flaw of the room `truth/`.

        Args:
            subject: the clean table, in which is read what the flaw hangs on.
            table: its rows, with the flaws that are there already.
            flaw: kind of structure that changes rows.
            settings: of it.
            difficulty: of finding it, 0 to 1.
            key: random stream.

        Raises:
            SpecError: the settings are wrong, or a column is not such.
        """

    @abstractmethod
    def keys(self, subject: Subject, name: str, n: int, key: Key) -> pa.Array:
        """Keys of a column's shape that no row has, n of them.

        Raises:
            SpecError: there are no more.
        """
