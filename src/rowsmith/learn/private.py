"""Differential privacy: noisy counts of few columns at a time, chosen as they help, and the law that agrees with them.

Source: R. McKenna et al., "AIM: an adaptive and iterative mechanism for differentially private synthetic data" (2022), on a
junction tree. Every look at the rows is paid for in ρ-zCDP; what the domain of a column is, too, where nobody declares it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.domains import Anew, Levels, PaidColumn, PaidFit, PaidLearner, PaidTable
from rowsmith.core.errors import ModelFileError, SpecError, suggest
from rowsmith.core.protocols import CodeArray, Codes, Known, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import check_ranges
from rowsmith.core.state import State
from rowsmith.learn._private_budget import Ledger, rho_of
from rowsmith.learn._private_choice import Data, chosen
from rowsmith.learn._private_domain import domains_of, settled
from rowsmith.learn._private_draw import drawn
from rowsmith.learn._private_estimate import Counted, Law
from rowsmith.learn._private_known import Evidence, drawn_known
from rowsmith.learn._private_margins import Column, Margin, Noisy, margin, total_of
from rowsmith.learn._private_noise import Noise, noise, scale_of
from rowsmith.learn._private_tree import Tree

SINGLES, EXACT = 0.2, 0.008
"""Part of the budget for counts of single columns, and ρ of each that suffices: counts are then within some eight rows."""
THRESHOLDS = 0.5
"""Part of δ for the chance that a level shows that only one person has, where levels are paid for."""
EMPHASIS = 4
"""How much more pairs with the target count."""
BINS = 2.3, 0.2, 4, 64
"""Groups of numbers: a factor of rows times the root of ρ to a power, that power, and their least and greatest number."""
_UNSEEN = 1e-12


@dataclass(frozen=True)
class PrivateLaw(PaidFit):
    """A law of whole rows, and what was paid for it.

    Attributes:
        law: of groups of codes.
        group: of each code, one array a column, shape (codes,).
        inside: share of each code in its group.
        n: rows, about.
        told: what is promised and what was spent.
    """

    law: Law
    group: tuple[NDArray[np.int64], ...]
    inside: tuple[NDArray[np.float64], ...]
    n: int
    told: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """About how many rows there were."""
        return self.n

    @property
    def promise(self) -> Mapping[str, Any]:
        """What is promised to whom, and what was spent on what."""
        return self.told

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows; exactly by the law of the others, given what is known of some."""
        if not self.group:
            return []
        if given:
            known = {i: self._evidence(i, each) for i, each in given.items()}
            groups = drawn_known(self.law, n, key.child("known"), known)
        else:
            groups = drawn(self.law, n, key.child("rows"))
        return [
            _inside(self.group[i], self.inside[i], groups[i], key.child("inside", i), (given or {}).get(i))
            for i in range(len(self.group))
        ]

    def _evidence(self, i: int, known: Known) -> Evidence:
        """How well each group of a column agrees with each thing that is known."""
        likelihood = np.zeros((int(known.groups.max()) + 1, self.law.tree.sizes[i]))
        np.add.at(likelihood, (known.groups, self.group[i]), self.inside[i] + _UNSEEN)
        return Evidence(known.values.astype(np.int64), likelihood)

    def state(self) -> State:
        """Tables of the cliques, groups, and what is promised."""
        return {
            "cliques": [list(clique) for clique in self.law.tree.cliques],
            "parents": list(self.law.tree.parents),
            "tables": [table.ravel().astype(np.float32) for table in self.law.tables],
            "group": list(self.group),
            "inside": list(self.inside),
            "rows": self.n,
            "promise": dict(self.told),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: the parts do not fit together.
        """
        group = tuple(each.astype(np.int64) for each in state["group"])
        inside = tuple(each.astype(np.float64) for each in state["inside"])
        sizes = tuple(int(each.max(initial=0)) + 1 for each in group)
        tree = Tree(sizes, tuple(tuple(map(int, c)) for c in state["cliques"]), tuple(map(int, state["parents"])))
        fault = _fault(tree, group, inside, state["tables"])
        if fault:
            raise ModelFileError(f"the law of the private learner is damaged: {fault}.")
        tables = [
            table.astype(np.float64).reshape([sizes[i] for i in clique])
            for clique, table in zip(tree.cliques, state["tables"], strict=True)
        ]
        return cls(Law(tree, {}, tables), group, inside, max(1, int(state["rows"])), dict(state["promise"]))


def _fault(
    tree: Tree, group: Sequence[NDArray[Any]], inside: Sequence[NDArray[Any]], tables: Sequence[NDArray[Any]]
) -> str:
    """What does not fit together in a saved law; empty if all does."""
    seen: set[int] = set()
    for k, (clique, up) in enumerate(zip(tree.cliques, tree.parents, strict=True)):
        if not -1 <= up < k or list(clique) != sorted(set(clique)) or not set(clique) <= set(range(len(group))):
            return f"clique {k} has no place in the tree"
        if set(clique) & seen - set(tree.cliques[up] if up >= 0 else ()):
            return f"clique {k} shares columns with others than its parent"
        seen |= set(clique)
    if len(seen) != len(group) or len(tables) != len(tree.cliques) or len(inside) != len(group):
        return "columns are missing"
    for each, shares in zip(group, inside, strict=True):
        if each.ndim != 1 or each.shape != shares.shape or len(np.unique(each)) != each.max() + 1 or each.min() != 0:
            return "groups of codes"
        if not np.isfinite(shares).all() or (shares < 0).any():
            return "shares of codes"
    for clique, table in zip(tree.cliques, tables, strict=True):
        size = int(np.prod([tree.sizes[i] for i in clique], dtype=object))
        if table.shape != (size,) or not np.isfinite(table).all() or (table < 0).any() or table.sum() <= 0:
            return "a table of shares"
    return ""


def _inside(
    group: NDArray[np.int64], share: NDArray[np.float64], groups: NDArray[np.int64], key: Key, known: Known | None
) -> CodeArray:
    """A code of each row's group, by its share; and of what is known of it, if something is."""
    things = 1 if known is None else int(known.groups.max()) + 1
    of = group * things + (0 if known is None else known.groups.astype(np.int64))
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(share[order] + _UNSEEN)
    wanted = groups * things + (0 if known is None else known.values.astype(np.int64))
    first, last = np.searchsorted(of[order], wanted, side="left"), np.searchsorted(of[order], wanted, side="right") - 1
    low = np.where(first > 0, ends[first - 1], 0.0)
    at = np.searchsorted(ends, low + key.generator().random(len(groups)) * (ends[last] - low), side="right")
    return order[np.clip(at, first, last)].astype(np.uint16)


def _bounded(columns: Sequence[PaidColumn], unit: int, most: int, source: Noise) -> list[PaidColumn]:
    """The columns with as many rows of each person as are learnt, chosen at random. Rows that name nobody are one person's.

    Raises:
        SpecError: the column that names persons would be learnt.
    """
    who = columns[unit]
    if not isinstance(who.kind.domain(who.values.type, who.form), Anew):
        raise SpecError(
            f"unit={who.name!r}: names persons, so its values must be made anew; give the column the kind identifier."
        )
    person = who.values.dictionary_encode().indices.fill_null(-1).to_numpy()
    order = np.lexsort((source.places(len(person)), person))
    before = np.arange(len(person)) - np.searchsorted(person[order], person[order], side="left")
    kept = pa.array(np.sort(order[before < most]))
    return [replace(each, values=each.values.take(kept)) for each in columns]


@dataclass(frozen=True, kw_only=True)
class Private(PaidLearner):
    """(ε, δ)-differential privacy: what can be said of the rows, whoever of the people in them was left out.

    Levels of text, bounds of numbers and whether there are nulls are found out at the budget's expense, unless the schema
    declares them (`levels`, `min`, `max`). The noise comes from the system and is never repeated, so two fits differ.
    """

    epsilon: float = 1.0
    """How much one person can change what is learnt: 1 is strong, 10 weak."""
    delta: float = 1e-6
    """Chance that more than that shows; far below one in the number of people."""
    unit: str = ""
    """Column that names the person, if one person can have several rows; else every row is a person."""
    unit_rows: int = 10
    """Rows of a person that are learnt at most, where `unit` is said; the noise grows with it."""
    target: str = ""
    """Column of which pairs with others matter most, such as one to be predicted."""
    size: int = 600_000
    """Numbers in the model, about; more make it closer where the budget is large, and slower."""

    fitted = PrivateLaw

    @property
    def person(self) -> str:
        """Column that names persons."""
        return self.unit

    def __post_init__(self) -> None:
        if not 0 < self.epsilon <= 1000:
            raise SpecError(f"epsilon={self.epsilon!r}: expected a number above 0, up to 1000; 1 is usual.")
        if not 0 < self.delta < 0.1:
            raise SpecError(f"delta={self.delta!r}: expected a small number above 0, such as 1e-6.")
        check_ranges(self, {"unit_rows": (1, 10_000), "size": (1000, 10**8)})

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> PrivateLaw:
        """Learn codes whose sizes are declared; every row is a person.

        Raises:
            SpecError: some columns are given: nothing is promised for these.
        """
        if given:
            raise SpecError("the private learner learns whole tables, and none whose rows hang on those of another.")
        ledger = Ledger(rho_of(self.epsilon, self.delta))
        known = [Column(c.values, c.size, c.ordered) for c in columns]
        return self._learnt(known, [1] * len(columns), ledger, noise(), 1, key, progress)

    def fit_paid(
        self, columns: Sequence[PaidColumn], *, key: Key, workers: int = 1, progress: Progress = silent
    ) -> PaidTable:
        """Learn a table: domains first, as far as they are not declared."""
        names = [each.name for each in columns]
        for setting, name in (("unit", self.unit), ("target", self.target)):
            if name and name not in names:
                raise SpecError(f"{setting}={name!r}: there is no such column{suggest(name, names)}")
        source, reach = noise(), 1
        if self.unit:
            reach = self.unit_rows
            columns = _bounded(columns, names.index(self.unit), reach, source)
        domains = domains_of(columns)
        unknown = any(isinstance(each, Levels) and each.values is None for each in domains)
        delta = THRESHOLDS * self.delta if unknown else 0.0
        ledger = Ledger(rho_of(self.epsilon, self.delta - delta))
        domain = settled(columns, domains, ledger, source, delta=delta, reach=reach, key=key)
        learnt = [i for i, each in enumerate(domain.columns) if each.size > 1]
        known = [domain.columns[i] for i in learnt]
        weights = [EMPHASIS if names[i] == self.target else 1 for i in learnt]
        fitted = self._learnt(known, weights, ledger, source, reach, key, progress)
        told = {**fitted.told, "left_out": domain.left_out}
        return PaidTable(domain.codecs, domain.kinds, tuple(learnt), replace(fitted, told=told))

    def _learnt(
        self,
        columns: Sequence[Column],
        weights: Sequence[int],
        ledger: Ledger,
        source: Noise,
        reach: int,
        key: Key,
        progress: Progress,
    ) -> PrivateLaw:
        """The law of coded columns, for what is left of the budget."""
        if not columns:
            return PrivateLaw(Law(Tree((), (), ()), {}, ()), (), (), 1, self._told(ledger))

        def look(rho: float) -> list[Noisy]:
            ledger.spend("counts of single columns", rho)
            scale = scale_of(rho / len(columns), reach)
            counts = [np.bincount(c.values, minlength=c.size) for c in columns]
            return [Noisy(source.gaussian(each, scale, reach)[0].astype(np.float64), scale) for each in counts]

        singles = look(min(SINGLES * ledger.rho, EXACT * len(columns)))
        total, margins = self._margins(columns, singles, ledger.rho**0.5 / reach)
        if sum(m.groups > 1 for m in margins) < 2:  # there are no pairs to be counted
            singles = [old.joined(new) for old, new in zip(singles, look(ledger.left), strict=True)]
            total, margins = self._margins(columns, singles, ledger.rho**0.5 / reach)
        data = Data(
            groups=[m.group[c.values] for m, c in zip(margins, columns, strict=True)],
            sizes=tuple(m.groups for m in margins),
            weights=tuple(weights),
            total=total,
            reach=reach,
            noise=source,
            ledger=ledger,
        )
        counted = [Counted((i,), m.counts, m.variances) for i, m in enumerate(margins)]
        law = chosen(data, counted, most=self.size, key=key.child("seen"), progress=progress)
        progress("learning", 100, 100)
        return PrivateLaw(
            law, tuple(m.group for m in margins), tuple(m.inside for m in margins), round(total), self._told(ledger)
        )

    @staticmethod
    def _margins(columns: Sequence[Column], singles: Sequence[Noisy], precision: float) -> tuple[float, list[Margin]]:
        """About how many rows there are, and the groups of columns."""
        total, (factor, power, least, most) = total_of(singles), BINS
        bins = int(np.clip(round(factor * (total * precision) ** power), least, most))
        return total, [margin(c, single, total, bins) for c, single in zip(columns, singles, strict=True)]

    def _told(self, ledger: Ledger) -> dict[str, Any]:
        """What is promised, and what was spent, in parts of the whole."""
        person = (
            f"a person, who is one in {self.unit!r} and has {self.unit_rows} rows learnt at most"
            if self.unit
            else "a row"
        )
        return {
            "epsilon": self.epsilon,
            "delta": self.delta,
            "unit": person,
            "rho": ledger.rho,
            "spent": {what: rho / ledger.rho for what, rho in ledger.spent.items()},
        }
