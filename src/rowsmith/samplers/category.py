"""Values chosen from a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.choices import Choices
from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._guide import GuideTable
from rowsmith.samplers._levels import Scalar, array_of, column_of, column_type, find, kind_of, weighted


@dataclass(frozen=True, kw_only=True)
class Category(ColumnSampler):
    """One of a list of values, by weight; the weights may depend on another column.

    Texts come as a dictionary column: each text is kept once. Where the column in `given` has a value that is not listed
    there, or none, `values` are used; without `values` the row is null then.
    """

    values: Mapping[Scalar, float] | tuple[Scalar, ...] = ()
    """Value to weight (a number from 0, in any unit), or a list of values that weigh the same; of one kind."""
    given: Mapping[str, Any] | None = None
    """Weights by a column: {country: {DE: {EUR: 9, USD: 1}}} or {country: [{for: [DE, FR], weights: {EUR: 9, USD: 1}}]}."""

    unique: bool = False
    """Whether no value comes twice: then there are at most as many rows as values, and weights are not used."""

    def __post_init__(self) -> None:
        if self.unique and self.given:
            raise SpecError("unique=True: values that depend on another column cannot be unique; leave out `given`.")
        if not self.values and not self.given:
            raise SpecError("values=[]: expected a list of values, or a mapping of values to weights.")
        _ = self._listed

    @property
    def type(self) -> pa.DataType:
        """That of the values; a dictionary for texts."""
        return column_type(self._listed)

    @property
    def reads(self) -> tuple[str, ...]:
        """The column in `given`."""
        return tuple(self.given or ())

    @property
    def levels(self) -> tuple[Any, ...]:
        """Values of the column in `given` that are listed there."""
        return tuple(level for level, _ in self._levels)

    @property
    def by_row(self) -> bool:
        """Where `unique`."""
        return self.unique

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The values of rows, in random order, each once."""
        size = len(self._listed)
        if len(numbers) and numbers.max() >= size:
            raise SpecError(
                f"unique=True: the values run out: there are {size:,}, and row {numbers.max() + 1:,} was asked for; "
                "give more values, or make fewer rows."
            )
        return column_of(self._listed, permute(numbers, size, key.integer()))

    def choices(self) -> Choices | None:
        """The values, unless they depend on another column."""
        if self.given or self.unique:
            return None
        (law,) = self._laws
        return Choices.of(self._listed, np.array(list(law.values())))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw by guide tables, one a level."""
        if self.unique:
            return self.at(rows.numbers, key)
        u = key.generator().random(rows.n)
        if not self.given:
            return column_of(self._listed, self._tables.draw(u))
        (column,) = self.given
        level = find(given[column], list(self.levels), f"given.{column}")
        law = np.array([law for _, law in self._levels] + [len(self._laws) - 1])[level]  # -1, no level, is the last
        unknown = None if self.values else level < 0
        return column_of(self._listed, self._tables.draw(u, law), unknown)

    @cached_property
    def _parsed(self) -> tuple[list[dict[Any, float]], list[tuple[Any, int]]]:
        """Weights of the laws, the one for all other rows last; and which law each level has."""
        laws: list[dict[Any, float]] = []
        levels: list[tuple[Any, int]] = []
        for name, entry in self._entries():
            where = f"given.{name}"
            if isinstance(entry, Mapping):
                entry = [{"for": [level], "weights": weights} for level, weights in entry.items()]
            if not isinstance(entry, list | tuple) or not entry:
                raise SpecError(f"{where}={entry!r}: expected a mapping of its values to weights.")
            for part in entry:
                if not isinstance(part, Mapping) or set(part) != {"for", "weights"}:
                    raise SpecError(f"{where}: {part!r} is not of the form {{for: [DE, FR], weights: {{EUR: 1}}}}.")
                named = part["for"] if isinstance(part["for"], list | tuple) else [part["for"]]
                levels += [(level, len(laws)) for level in named]
                laws.append(weighted(part["weights"], f"{where}.{'/'.join(map(str, named))}"))
            twice = {str(level) for level, _ in levels}
            if len(twice) < len(levels):
                raise SpecError(f"{where}: a value stands twice; keep one of them.")
        if self.values:
            laws.append(weighted(self.values, "values"))
        return laws, levels

    def _entries(self) -> list[tuple[str, Any]]:
        if self.given and len(self.given) > 1:
            raise SpecError(
                f"given={list(self.given)}: expected one column; for several, join their texts in a column of their own."
            )
        return list((self.given or {}).items())

    @property
    def _laws(self) -> list[dict[Any, float]]:
        return self._parsed[0]

    @property
    def _levels(self) -> list[tuple[Any, int]]:
        return self._parsed[1]

    @cached_property
    def _listed(self) -> pa.Array:
        kind_of([value for law in self._laws for value in law], "values")
        return array_of(list(self._codes), "values")

    @cached_property
    def _codes(self) -> dict[Any, int]:
        """Value to its number: those of `values` first."""
        ordered = [*self._laws[-1:], *self._laws[:-1]] if self.values else self._laws
        return {value: code for code, value in enumerate(dict.fromkeys(v for law in ordered for v in law))}

    @cached_property
    def _tables(self) -> GuideTable:
        return GuideTable.of([([self._codes[v] for v in law], list(law.values())) for law in self._laws])
