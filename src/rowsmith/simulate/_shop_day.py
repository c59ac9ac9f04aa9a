"""The inner loop of `shop`: customers go through the shelves in the order in which they come, and take what is there."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.simulate._cells import draw


@njit(cache=True)
def shelves(
    customer, store, home, full, favourite, loyal, chances, first, prices, stock, budget, impulse, state, lines, missed, spent, items,
):  # fmt: skip
    """Fill the baskets of a day.

    Args:
        customer: who comes, in order of time, shape (visits,).
        store: where, shape (visits,).
        home: what each customer has at home of each sort, goes up with what is bought, shape (customers, sorts).
        full: what each wants to have at home, shape (customers,).
        favourite: product of each sort that each likes best, shape (customers, sorts).
        loyal: chance to look for it first.
        chances: cumulative chance of each product within its sort, shape (products,).
        first: number of the first product of each sort, and of none, shape (sorts + 1,).
        prices: cents, today, shape (products,).
        stock: pieces, shape (stores, products).
        budget: cents that each spends on a visit at most, shape (customers,).
        impulse: chance to take a further product.
        state: of the random stream.
        lines: rows to be filled: visit, product, pieces, cents a piece.
        missed: rows to be filled: visit, product that was not there, pieces.
        spent: cents of each visit, to be filled.
        items: pieces of each visit, to be filled.

    Returns:
        How many lines there are, and how many that were missed.
    """
    n = lost = 0
    sorts = len(first) - 1
    for i in range(len(customer)):
        c, s = customer[i], store[i]
        for k in range(sorts + 1):
            extra = k == sorts
            if extra:
                if draw(state) >= impulse:
                    continue
                kind, wanted = int(draw(state) * sorts), 1
            else:
                kind, wanted = k, int(np.ceil(full[c] - home[c, k]))
                if home[c, k] >= 0.5 * full[c] or wanted < 1:
                    continue
            for attempt in range(2):
                if attempt == 0 and not extra and draw(state) < loyal:
                    product = favourite[c, kind]
                else:
                    u, product = draw(state), first[kind]
                    while product < first[kind + 1] - 1 and u >= chances[product]:
                        product += 1
                pieces = min(wanted, stock[s, product], (budget[c] - spent[i]) // max(prices[product], 1))
                if stock[s, product] < wanted and attempt == 0 and not extra:
                    missed[lost, 0], missed[lost, 1], missed[lost, 2] = i, product, wanted - stock[s, product]
                    lost += 1
                if pieces > 0:
                    lines[n, 0], lines[n, 1], lines[n, 2], lines[n, 3] = i, product, pieces, prices[product]
                    n += 1
                    stock[s, product] -= pieces
                    home[c, kind] += pieces
                    spent[i] += pieces * prices[product]
                    items[i] += pieces
                    wanted -= pieces
                if wanted <= 0 or extra:
                    break
    return n, lost
