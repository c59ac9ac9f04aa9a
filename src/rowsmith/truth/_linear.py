"""What structures with a linear predictor share: checks of its terms, its value in each row, and rows ready for a fit."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.truth._plant import Finding
from rowsmith.truth._terms import Given, columns_of, design, named, numbers, parse, texts

Numbers = NDArray[np.float64]

_LEFT = 1e-6
"""Variance of the likeliest row to differ, below which a logistic regression runs off to infinity."""
_YES = ["true", "True", "TRUE", "1", "yes"]
_NO = ["false", "False", "FALSE", "0", "no"]


def check_coefficients(on: Mapping[str, float]) -> None:
    """Check terms and their coefficients as they are written.

    Raises:
        SpecError: there is none, one is no term, or a coefficient is no number or 0.
    """
    if not on:
        raise SpecError("on={}: expected at least one term with its coefficient.")
    columns_of(list(on))
    for term, value in on.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SpecError(f"on.{term}={value!r}: expected a number, the coefficient of the term.")
        if value == 0:
            raise SpecError(f"on.{term}=0: plants nothing; give another number, or leave the term out.")


def check_terms(terms: Sequence[str], pilot: Mapping[str, pa.Array]) -> None:
    """Check that the coefficients of terms, beside an intercept, can be told from one another in some rows.

    Raises:
        SpecError: a term is the same in every row, or a combination of those before it.
    """
    x = design(terms, pilot)
    x = x[np.isfinite(x).all(axis=1)]
    if not len(x):
        raise SpecError(
            f"{', '.join(terms)}: no row has a value of each; expected columns of which some rows have all."
        )
    centred = x - x.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    for term, length, most in zip(terms, lengths, np.abs(x).max(axis=0), strict=True):
        if length <= 1e-9 * most * math.sqrt(len(x)):
            raise SpecError(
                f"{term}: is the same in every row, so its coefficient cannot be found; expected a term that differs, "
                "such as another column, or a level that some rows have."
            )
    rest = np.abs(np.diag(np.linalg.qr(centred / lengths, mode="r")))
    for term, length in zip(terms, rest, strict=True):
        if length < 1e-6:
            raise SpecError(
                f"{term}: follows from the terms before it, so its coefficient has no single value; leave it out "
                "(of a category, one level stands for the rest)."
            )


def check_from_zero(setting: str, name: str | None, pilot: Mapping[str, pa.Array]) -> None:
    """Check that a column has no number below 0, if a setting names one.

    Raises:
        SpecError: it has.
    """
    if name is None:
        return
    least = float(np.nanmin(numbers(named(pilot, name), name), initial=0.0))
    if least < 0:
        raise SpecError(
            f"{setting}={name!r}: has numbers below 0, such as {least:.6g}; expected numbers from 0; name another column."
        )


def predictor(on: Mapping[str, float], given: Given) -> Numbers:
    """The sum of the terms times their coefficients in each row, shape (n,); nan where a column is null."""
    return np.asarray(design(list(on), given) @ np.array(list(on.values()), dtype=float))


def flags(column: pa.Array | pa.ChunkedArray, name: str, yes: str | None = None) -> Numbers:
    """A column of two values as 1 and 0, however they were written; nan where it is null.

    Args:
        column: true and false, numbers 1 and 0, or texts.
        name: of it, for the message.
        yes: the text that stands for 1; None for the usual ones.

    Raises:
        DataError: it holds something else.
    """
    kind = column.type
    if yes is None and not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)):
        values = numbers(column, name)
        if not np.isin(values[np.isfinite(values)], (0, 1)).all():
            raise DataError(f"{name}: expected true and false, or 1 and 0, and it has other numbers.")
        return values
    words = texts(column)
    is_yes = pc.is_in(words, pa.array(_YES if yes is None else [yes]))
    if yes is None and not pc.all(pc.or_(is_yes, pc.is_in(words, pa.array(_NO))).filter(words.is_valid())).as_py():
        raise DataError(f"{name}: expected true and false, and it has other texts.")
    return np.where(words.is_valid().to_numpy(zero_copy_only=False), is_yes.to_numpy(zero_copy_only=False), np.nan)


def with_intercept(terms: Sequence[str], table: pa.Table) -> Numbers:
    """The terms of each row after a column of ones, shape (n, 1 + terms)."""
    return np.column_stack([np.ones(table.num_rows), design(terms, table)])


def rows_of(*parts: Numbers) -> tuple[Numbers, ...]:
    """The rows in which every part has numbers alone; parts of shape (n,) or (n, k)."""
    kept = np.ones(len(parts[0]), dtype=bool)
    for part in parts:
        finite = np.isfinite(part)
        kept &= finite if part.ndim == 1 else finite.all(axis=1)
    return tuple(part[kept] for part in parts)


def lengths_of(x: Numbers) -> Numbers:
    """What the columns of a design are divided by, so that a fit by steps does not hang on their units, shape (k,)."""
    length = np.sqrt((x**2).mean(axis=0)) if len(x) else np.ones(x.shape[1])
    return np.where(length > 0, length, 1.0)


def logit(y: Numbers, x: Numbers) -> Any:
    """A logistic regression by maximum likelihood, as statsmodels gives it; None where the fit has no end.

    Args:
        y: 0 and 1, both of them, shape (n,).
        x: of the same rows, shape (n, k), with columns of about the same size.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it went well is looked at below
        try:
            fit = sm.Logit(y, x).fit(disp=0, maxiter=60)
            chance = fit.predict()
            good = fit.mle_retvals["converged"] and np.isfinite(fit.bse).all()
        except (np.linalg.LinAlgError, PerfectSeparationError):
            return None
    return fit if good and (chance * (1 - chance)).max() > _LEFT else None


def least_squares(y: Numbers, x: Numbers) -> Any:
    """Least squares as statsmodels gives them, with errors that hold for uneven noise; None where a row alone decides a term.

    Source: HC3 of J. G. MacKinnon, H. White, Journal of Econometrics 29 (1985).
    """
    import statsmodels.api as sm

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # whether it went well is looked at below
        fit = sm.OLS(y, x).fit(cov_type="HC3")
        return fit if np.isfinite(fit.bse).all() else None


def one_more(term: str) -> str:
    """What the coefficient of a term goes with, in words.

    >>> one_more("price"), one_more("housing[rents]")
    ('one more of price', 'housing = rents against the others')
    """
    factors = parse(term)
    if len(factors) == 1 and factors[0].level is not None:
        return f"{factors[0].column} = {factors[0].level} against the others"
    return f"one more of {term}"


def ratios(name: str, on: Mapping[str, float]) -> str:
    """For the instructor: what coefficients on the scale of a logarithm mean, such as "odds ratios: price × 0.67"."""
    return f"{name} ratios: " + ", ".join(f"{term} × {math.exp(min(value, 700)):.4g}" for term, value in on.items())


def enough(x: Numbers) -> bool:
    """Whether each column of a design has a coefficient of its own, and rows are left to tell how sure it is."""
    n, k = x.shape
    return bool(n > k + 1 and np.linalg.matrix_rank(x / lengths_of(x)) == k)


def unanswered(names: Iterable[str], note: str = "too few rows, or a term follows from the others") -> list[Finding]:
    """Findings without an estimate."""
    return [Finding(name=name, estimate=None, note=note) for name in names]


def numbers_of(table: pa.Table, name: str) -> Numbers:
    """A column of numbers by its name."""
    return numbers(named(table, name), name)
