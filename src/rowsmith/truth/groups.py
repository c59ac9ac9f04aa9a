"""Effects in groups: a regression whose intercept, and some of whose slopes, differ from group to group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import row_hashes
from rowsmith.truth import _mixed
from rowsmith.truth._linear import check_coefficients, check_terms, enough, numbers_of, predictor, rows_of, unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, Z
from rowsmith.truth._terms import columns_of, design, named, texts

_LEAST_GROUPS = 5
"""Fewer groups say next to nothing of how much groups differ."""


@dataclass(frozen=True, kw_only=True)
class Groups(Maker):
    """A column that follows others by known slopes, and groups that lie above or below, or have slopes of their own.

    What is a group's own is drawn from normal laws by the group's value, so that its rows agree wherever they are.
    Source: N. M. Laird, J. H. Ware, "Random-Effects Models for Longitudinal Data", Biometrics 38 (1982).
    """

    target: str
    """The column that is made."""
    group: str
    """The column that says which group a row is of: at least 5 groups, better 30, of several rows each."""
    on: Mapping[str, float]
    """Terms to their mean slopes: columns of numbers, `a:b`, `a^2`, or `category[level]`."""
    slopes: Mapping[str, float] = field(default_factory=dict)
    """Terms of `on` to standard deviations of their slopes between groups."""
    intercept: float = 0.0
    """What the column is where all terms are 0, in the mean of the groups."""
    between: float | None = None
    """Standard deviation of the groups' levels, where terms with slopes of their own are at their mean; or `icc`."""
    icc: float | None = None
    """Share of the variance beside the terms that lies between groups; by difficulty 0.5 to 0.1 if left out."""
    r2: float | None = None
    """Share of the variance within groups that the terms explain; by difficulty 0.8 to 0.3 if left out."""
    noise: float | None = None
    """Standard deviation of the noise, instead of `r2`."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """How much groups differ, and the noise, by difficulty."""
        check_coefficients(self.on)
        if self.group in columns_of(list(self.on)):
            raise SpecError(f"group={self.group!r}: is in a term too; a group has a level of its own already.")
        for term, sd in self.slopes.items():
            if term not in self.on:
                raise SpecError(f"slopes.{term}: expected a term of `on`, which has {', '.join(self.on)}.")
            if isinstance(sd, bool) or not isinstance(sd, int | float) or not 0 < sd < math.inf:
                raise SpecError(f"slopes.{term}={sd!r}: expected a standard deviation above 0.")
        for pair in (("between", "icc"), ("noise", "r2")):
            first, second = (getattr(self, name) for name in pair)
            if first is not None and second is not None:
                raise SpecError(
                    f"{pair[0]}={first:g}, {pair[1]}={second:g}: each follows from the other; give one of them."
                )
            if first is not None and first <= 0:
                raise SpecError(f"{pair[0]}={first:g}: expected a standard deviation above 0.")
            if second is not None and not 0 < second < 1:
                nearest = min(max(second, 0.01), 0.99)
                raise SpecError(
                    f"{pair[1]}={second:g}: expected a share above 0 and below 1; the nearest is {nearest:g}."
                )
        icc = 0.5 - 0.4 * difficulty if self.between is None and self.icc is None else self.icc
        r2 = 0.8 - 0.5 * difficulty if self.noise is None and self.r2 is None else self.r2
        return replace(self, icc=icc, r2=r2)

    @property
    def reads(self) -> tuple[str, ...]:
        """The group, and the columns of the terms."""
        return (self.group, *columns_of(list(self.on)))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The target."""
        return {self.target: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The noise and the groups' spread from the variance of the terms' sum, and where terms are at their mean."""
        check_terms(list(self.on), pilot)
        words = texts(pilot[self.group]).drop_null()
        groups = len(words.unique())
        if groups < _LEAST_GROUPS or groups > len(words) / 2:
            raise SpecError(
                f"group={self.group!r}: is a column of {groups:,} groups in {len(words):,} rows that were tried; expected "
                f"{_LEAST_GROUPS} groups or more, of several rows each; name another column."
            )
        noise = self.noise
        if noise is None:
            assert self.r2 is not None
            noise = float(np.nanstd(predictor(self.on, pilot))) * math.sqrt((1 - self.r2) / self.r2)
        between = self.between
        if between is None:
            assert self.icc is not None
            between = noise * math.sqrt(self.icc / (1 - self.icc))
        centers = np.nanmean(design(list(self.slopes), pilot), axis=0) if self.slopes else np.empty(0)
        return {"noise": noise, "between": between, "centers": centers.tolist()}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Add up; null where a column is."""
        drawn = key.generator().standard_normal(rows.n)
        values = self.intercept + predictor(self.on, given) + calibration["noise"] * drawn
        # not from the key of these rows, which other rows of the same group do not have
        own = Key(key.seed).child("truth", "groups", self.target, self.group)
        hashes = row_hashes([named(given, self.group)])[:, 0]
        values += calibration["between"] * _normals(hashes, own.child("level"))
        moved = design(list(self.slopes), given)
        for i, (term, sd) in enumerate(self.slopes.items()):
            values += sd * _normals(hashes, own.child("slope", term)) * (moved[:, i] - calibration["centers"][i])
        gone = np.isnan(values) | ~texts(given[self.group]).is_valid().to_numpy(zero_copy_only=False)
        return pa.record_batch({self.target: pa.array(values, mask=gone)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Mean slopes and intercept; standard deviations between groups and within."""
        on = [
            Fact(name=term, what=f"mean slope of {term}", value=float(value), null=0.0, tolerance=abs(value) / 5)
            for term, value in self.on.items()
        ]
        level = Fact(
            name="intercept", what="mean intercept", value=self.intercept, tolerance=abs(self.intercept) / 5 + 0.1
        )
        spreads = [
            (
                "sd of levels",
                f"standard deviation of levels between groups of {self.group}",
                calibration["between"],
                0.0,
            ),
            *(
                (
                    f"sd of slopes of {term}",
                    f"standard deviation of the slope of {term} between groups of {self.group}",
                    sd,
                    0.0,
                )
                for term, sd in self.slopes.items()
            ),
            ("sd within", f"standard deviation within a group of {self.group}", calibration["noise"], None),
        ]
        more = [
            Fact(name=name, what=what, value=float(value), null=null, tolerance=value / 4)
            for name, what, value, null in spreads
        ]
        return [*on, level, *more]

    def question(self) -> dict[str, Any]:
        """The columns, and which slopes may differ."""
        return {"target": self.target, "group": self.group, "terms": list(self.on), "slopes": list(self.slopes)}

    def brief(self) -> str:
        """Which columns explain the target, and how groups differ."""
        columns = ", ".join(columns_of(list(self.on)))
        slopes = f", and does the slope of {', '.join(self.slopes)} differ too" if self.slopes else ""
        return (
            f"What drives {self.target}? Estimate the slopes of {columns} with the {self.group} taken into account: how much "
            f"do levels differ between groups of {self.group} and how much within one{slopes}?"
        )

    def how(self, calibration: Calibration) -> str:
        """The equation."""
        terms = "".join(f" {'+' if value >= 0 else '−'} {abs(value):g}·{term}" for term, value in self.on.items())
        slopes = "".join(f", slopes of {term} with sd {sd:g}" for term, sd in self.slopes.items())
        return (
            f"{self.target} = {self.intercept:g}{terms} + a level of the {self.group} (sd {calibration['between']:.4g}{slopes}) "
            f"+ noise (sd {calibration['noise']:.4g})"
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """A linear mixed model by restricted maximum likelihood."""
        terms, slopes = list(question["terms"]), list(question["slopes"])
        labels = texts(named(table, question["group"])).dictionary_encode()
        codes = np.asarray(labels.indices.cast(pa.float64()).fill_null(math.nan).to_numpy(zero_copy_only=False))
        y, x, codes = rows_of(numbers_of(table, question["target"]), design(terms, table), codes)
        group = np.unique(codes, return_inverse=True)[1]
        groups = int(group.max()) + 1 if len(group) else 0
        if groups < _LEAST_GROUPS or len(y) < 2 * groups or len(y) < groups + len(terms) + 2 or np.ptp(y) == 0:
            return unanswered(_names(terms, slopes), "too few groups or rows")
        # about their means and in their own units: numbers of the size of 1, and levels where slopes cross least
        middle, unit, y_middle, y_unit = x.mean(axis=0), x.std(axis=0), float(y.mean()), float(y.std())
        unit = np.where(unit > 0, unit, 1.0)
        scaled = np.column_stack([np.ones(len(y)), (x - middle) / unit])
        if not enough(scaled):
            return unanswered(_names(terms, slopes))
        sums = _mixed.Sums.of((y - y_middle) / y_unit, scaled, group)
        fit = _mixed.fit(sums, [0, *(1 + terms.index(term) for term in slopes)])
        back = np.eye(len(terms) + 1) * y_unit
        back[1:, 1:] /= unit[:, None]
        back[0, 1:] = -middle / unit * y_unit
        coefficients = back @ fit.coefficients
        coefficients[0] += y_middle
        errors = np.sqrt(np.diag(back @ fit.covariance @ back.T))
        fixed = _constant(scaled, sums) | np.isin(["", *terms], ["", *slopes])
        free = np.where(fixed, groups - fixed.sum(), len(y) - groups - len(terms))
        found = [
            _of_coefficient(name, *numbers)
            for name, *numbers in zip(["intercept", *terms], coefficients, errors, free, strict=True)
        ]
        units = [y_unit, *(y_unit / unit[terms.index(term)] for term in slopes)]
        names = _names(terms, slopes)[len(found) :]
        for name, sd, error, seen in zip(names, fit.sds * units, fit.sd_errors, fit.seen, strict=False):
            found.append(_of_sd(name, sd, error, seen=seen))
        return [*found, _of_sd(names[-1], fit.within * y_unit, fit.within_error, seen=True)]


def _names(terms: list[str], slopes: list[str]) -> list[str]:
    return ["intercept", *terms, "sd of levels", *(f"sd of slopes of {term}" for term in slopes), "sd within"]


def _normals(hashes: NDArray[np.uint64], key: Key) -> NDArray[np.float64]:
    """A standard normal number for each hash, the same for the same hash and key."""
    from scipy import special

    uniform = (mix(hashes, key.integer()) >> np.uint64(11)).astype(np.float64) + 0.5
    return np.asarray(special.ndtri(uniform * 2.0**-53))


def _constant(x: NDArray[np.float64], sums: _mixed.Sums) -> NDArray[np.bool_]:
    """Which columns are the same in every row of a group: groups, not rows, are what speaks of their coefficients."""
    sizes, sums_of = sums.xx[:, 0, 0], sums.xx[:, 0, :]
    squares = np.einsum("gii->i", sums.xx)
    return np.asarray(squares - (sums_of**2 / sizes[:, None]).sum(axis=0) < 1e-9 * np.maximum(squares, 1e-300))


def _of_coefficient(name: str, estimate: float, error: float, free: float) -> Finding:
    """With the interval of Student's t, by as many degrees of freedom as there are groups or rows to speak of it."""
    from scipy import stats

    reach = float(stats.t.ppf(0.975, max(free, 1))) * float(error)
    return Finding(name=name, estimate=float(estimate), error=float(error), low=estimate - reach, high=estimate + reach)


def _of_sd(name: str, sd: float, error: float, *, seen: bool) -> Finding:
    """With the interval of its logarithm; from 0 where it may be nothing."""
    if not math.isfinite(error):
        return Finding(name=name, estimate=None, note="no difference that can be told from noise")
    reach = math.exp(Z * error)
    return Finding(
        name=name,
        estimate=float(sd),
        error=float(sd * error),
        low=float(sd / reach) if seen else 0.0,
        high=float(sd * reach),
    )
