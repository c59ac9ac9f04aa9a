"""The law of most entropy that agrees with noisy counts, each weighted by its precision, as tables of a junction tree.

Source: R. McKenna, D. Sheldon and G. Miklau, "Graphical-model based estimation and inference for differential privacy"
(2019): entropic mirror descent on the marginals of a graphical model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.learn._private_tree import Clique, Table, Tree, summed

GROWTH, SHRINK = 1.6, 0.5
"""How the step changes after one that helped, and after one that did not."""
ENOUGH = 1e-3
"""Part of the loss by which ten steps must lessen it to be followed by others."""


@dataclass(frozen=True)
class Counted:
    """Noisy counts of all combinations of some columns.

    Attributes:
        columns: their positions, sorted.
        counts: shape (size of each,); below 0, too.
        variance: of the noise of each, or of all.
    """

    columns: Clique
    counts: Table
    variance: float | Table


@dataclass(frozen=True)
class Law:
    """A law of whole rows.

    Attributes:
        tree: of cliques.
        factors: logarithms of tables by their columns, of which the law is the product.
        tables: shares of the combinations of each clique.
    """

    tree: Tree
    factors: Mapping[Clique, Table]
    tables: Sequence[Table]

    def shares(self, columns: Clique) -> Table:
        """Shares of the combinations of columns that are in one clique."""
        k = self.tree.holds(columns)
        return summed(self.tables[k], self.tree.cliques[k], columns)


def estimated(tree: Tree, counted: Sequence[Counted], total: float, start: Mapping[Clique, Table], steps: int) -> Law:
    """The law under which expected counts are nearest to those that were counted.

    Args:
        tree: whose cliques hold the columns of each count.
        counted: noisy counts.
        total: rows.
        start: factors of a law to start from.
        steps: at most.
    """
    factors = {each.columns: start.get(each.columns, np.zeros(each.counts.shape)) for each in counted}
    law = Law(tree, factors, tree.calibrated(list(factors.items())))
    loss, slopes = _loss(law, counted, total)
    step = 1.0 / max(1e-300, *(float(np.abs(s).max()) for s in slopes.values()))
    before = loss
    for turn in range(1, steps + 1):
        tried = {columns: table - step * slopes[columns] for columns, table in law.factors.items()}
        new = Law(tree, tried, tree.calibrated(list(tried.items())))
        new_loss, new_slopes = _loss(new, counted, total)
        if new_loss < loss:
            law, loss, slopes, step = new, new_loss, new_slopes, step * GROWTH
        else:
            step *= SHRINK
        if turn % 10 == 0:
            if before - loss < ENOUGH * loss:
                break
            before = loss
    return law


def _loss(law: Law, counted: Sequence[Counted], total: float) -> tuple[float, dict[Clique, Table]]:
    """Half the squared errors in units of their variance, and its slope by each expected share."""
    loss, slopes = 0.0, {}
    for each in counted:
        error = law.shares(each.columns) * total - each.counts
        loss += float((error * error / each.variance).sum()) / 2
        slopes[each.columns] = error / each.variance * total
    return loss, slopes
