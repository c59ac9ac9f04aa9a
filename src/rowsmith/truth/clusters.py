"""Groups of rows: columns made together, in which rows lie around a few centres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._centers import centers, nearest
from rowsmith.truth._feasible import within
from rowsmith.truth._groups import groups
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._terms import named, numbers
from rowsmith.truth._units import Unit, units

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Clusters(Maker):
    """Columns of numbers in which rows fall into groups: normal around each centre, and as wide in every group.

    Groups are numbered by their centres in the first column, from the lowest.
    """

    columns: tuple[str, ...]
    """The columns that are made."""
    k: int = 3
    """How many groups, from 2 to 20."""
    separation: float | None = None
    """Distance of the two nearest centres in standard deviations within a group, from 1.5; by difficulty 5 to 2.5 if left out."""
    shares: tuple[float, ...] | None = None
    """Shares of the groups, which add up to 1; by difficulty all the same to 3 : 1 if left out."""
    centers: Mapping[str, Any] | None = None
    """Column to the centres of the groups in it, for groups of your own; their width follows from `separation`."""
    scale: Mapping[str, Any] | None = None
    """Column to [mean, standard deviation] over all groups, instead of `centers`; [0, 1] for those left out."""
    round: Mapping[str, Any] | int | None = None
    """Decimals of all columns, or of each by name."""
    label: str | None = None
    """A column that tells the group of each row, if there is to be one."""
    labels: tuple[str, ...] | None = None
    """Names of the groups in it; A, B, C … if left out."""

    main: ClassVar[str] = "columns"

    def at(self, difficulty: float) -> Self:
        """Separation and shares by difficulty."""
        if not self.columns or len(set(self.columns)) != len(self.columns):
            raise SpecError(f"columns={list(self.columns)}: expected one or more different names.")
        within("k", self.k, 2, 20, "a number of groups")
        within("separation", self.separation, 1.5, 100, "a distance of the nearest centres in standard deviations")
        if self.centers is not None and self.scale is not None:
            raise SpecError("centers, scale: each follows from the other; give one of them.")
        for name, given in (("shares", self.shares), ("labels", self.labels)):
            if given is not None and len(given) != self.k:
                raise SpecError(f"{name}={list(given)}: expected {self.k}, one for each of k={self.k} groups.")
        if self.shares is not None and (min(self.shares) < 0.01 or abs(sum(self.shares) - 1) > 1e-6):
            raise SpecError(
                f"shares={list(self.shares)}: expected numbers from 0.01 that add up to 1; they add up to {sum(self.shares):g}."
            )
        if self.labels is not None and (self.label is None or len(set(self.labels)) != self.k):
            raise SpecError(f"labels={list(self.labels)}: expected different names, and `label`, the column for them.")
        if self.label in self.columns:
            raise SpecError(f"label={self.label!r}: is one of the columns; expected another name.")
        uneven = 3.0 ** (-difficulty * np.arange(self.k) / (self.k - 1))
        filled = replace(
            self,
            separation=5 - 2.5 * difficulty if self.separation is None else self.separation,
            shares=tuple((uneven / uneven.sum()).tolist()) if self.shares is None else self.shares,
        )
        _ = filled._units
        return filled

    @property
    def reads(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The columns, and the label."""
        made = {name: pa.float64() for name in self.columns}
        return made if self.label is None else {**made, self.label: pa.string()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Centres, shares and widths of the groups in order."""
        points, widths, order = self._shape
        assert self.shares is not None
        return {
            "centers": points[order].tolist(),
            "widths": widths.tolist(),
            "shares": np.array(self.shares)[order].tolist(),
            "order": order.tolist(),
        }

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Draw a group for each row, and its place around the centre."""
        rng = key.generator()
        reached = np.cumsum(calibration["shares"])
        group = np.searchsorted(reached[:-1], rng.random(rows.n), "right")
        points = np.array(calibration["centers"])
        out = {
            name: unit(points[group, j] / unit.sd + rng.standard_normal(rows.n))
            for j, (name, unit) in enumerate(self._units.items())
        }
        if self.label is not None:
            names = pa.array([self._names[i] for i in calibration["order"]], pa.string())
            out[self.label] = pa.DictionaryArray.from_arrays(group.astype(np.int32), names).dictionary_decode()
        return pa.record_batch(out)

    def facts(self, calibration: Calibration) -> list[Fact]:
        """How many groups, the share of each, and its centre."""
        out = [Fact(name="k", what="number of groups", value=float(self.k))]
        for i, (share, center) in enumerate(zip(calibration["shares"], calibration["centers"], strict=True), 1):
            name = f"share of group {i}"
            out.append(Fact(name=name, what=name, value=share, tolerance=0.05, public=False))
            for name, value, width in zip(self.columns, center, calibration["widths"], strict=True):
                what = f"centre of group {i} in {name} (groups by their centres in {self.columns[0]}, from the lowest)"
                out.append(Fact(name=f"{name} of group {i}", what=what, value=value, tolerance=width / 3, public=False))
        return out

    def question(self) -> dict[str, Any]:
        """The columns."""
        return {"columns": list(self.columns)}

    def brief(self) -> str:
        """How many groups, and what they are like."""
        return (
            f"Into how many groups do the rows fall by {', '.join(self.columns)}? Give as `share of group 1`, "
            f"{', '.join(f'`{name} of group 1`' for name in self.columns)}, and so on, the share and the centre of each, numbered by "
            f"{self.columns[0]} from the lowest."
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        shares = ", ".join(f"{share:.0%}" for share in calibration["shares"])
        return (
            f"Rows fall into {self.k} groups ({shares}), normal around their centres; the nearest centres are "
            f"{self.separation:g} standard deviations apart."
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Mixtures of normal groups of one shape, as many as Schwarz's criterion (BIC) says."""
        columns = list(question["columns"])
        return groups(columns, np.column_stack([numbers(named(table, name), name) for name in columns]))

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple("ABCDEFGHIJKLMNOPQRST"[: self.k]) if self.labels is None else self.labels

    @property
    def _units(self) -> dict[str, Unit]:
        """Of the noise in a group: 0, its width, and the decimals."""
        _, widths, _ = self._shape
        scale = {name: (0.0, float(width)) for name, width in zip(self.columns, widths, strict=True)}
        return units(self.columns, scale, self.round)

    @property
    def _shape(self) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Centres in the units of the columns (k, columns), widths of a group (columns,), and the groups in order."""
        assert self.shares is not None
        assert self.separation is not None
        if self.centers is not None:
            points = self._given
            spread = points.std(axis=0)
            widths = spread * nearest(points / spread) / self.separation
        else:
            points = centers(self.k, len(self.columns)) * self.separation
            share = np.array(self.shares)[:, None]
            points = points - (share * points).sum(axis=0)
            whole = np.sqrt(1 + (share * points**2).sum(axis=0))
            unit = list(units(self.columns, self.scale, None).values())
            sd = np.array([u.sd for u in unit])
            points, widths = points / whole * sd + np.array([u.mean for u in unit]), sd / whole
        return points, widths, np.argsort(points[:, 0], kind="stable")

    @property
    def _given(self) -> Floats:
        assert self.centers is not None
        if set(self.centers) != set(self.columns):
            raise SpecError(f"centers={list(self.centers)}: expected each of {', '.join(self.columns)}, and no other.")
        for name, values in self.centers.items():
            good = isinstance(values, list | tuple) and len(values) == self.k
            if not good or not all(isinstance(v, int | float) and np.isfinite(v) for v in values):
                raise SpecError(f"centers.{name}={values!r}: expected {self.k} numbers, one for each group.")
            if np.ptp(values) == 0:
                raise SpecError(f"centers.{name}={values!r}: are all the same, so the groups do not differ in it.")
        if len(set(self.centers[self.columns[0]])) < self.k:
            raise SpecError(
                f"centers.{self.columns[0]}={self.centers[self.columns[0]]!r}: expected different numbers, as groups are "
                f"numbered by the first column; put another column first."
            )
        return np.column_stack([np.array(self.centers[name], dtype=float) for name in self.columns])
