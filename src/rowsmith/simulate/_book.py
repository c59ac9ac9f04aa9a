"""The inner loop of `market`: a limit order book with price–time priority, and who sends orders to it.

Prices are whole ticks. Each price has a queue, first come, first served: a doubly linked list over the slots of live orders, so
that an order is added, cancelled or filled in constant time.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.simulate._cells import draw

BUY, SELL = 0, 1
LIMIT, MARKET, CANCEL = 0, 1, 2
NOISE, FUNDAMENTAL, CHARTIST, MAKER = 0, 1, 2, 3
# What stands where in the array of whole numbers
BID, ASK, LIVE, FREE, ORDERS, LAST, FULL, BUYS, SELLS = range(9)
# and in that of fractions
TIME, VALUE, TREND, MIND, NEXT, SECOND = range(6)


@njit(cache=True)
def normal(state):
    """A standard normal number (Box and Muller, 1958)."""
    return np.sqrt(-2 * np.log(1 - draw(state))) * np.cos(2 * np.pi * draw(state))


@njit(cache=True)
def add(whole, side, price, left, agent, number, slots, heads, tails, live):
    """Put an order at the end of the queue of its price; its number of the run and its slot are kept."""
    slot = whole[FREE]
    whole[FREE] = slots[slot, 1]
    slots[slot, 0] = tails[side, price]
    slots[slot, 1] = -1
    if tails[side, price] >= 0:
        slots[tails[side, price], 1] = slot
    else:
        heads[side, price] = slot
    tails[side, price] = slot
    slots[slot, 2], slots[slot, 3], slots[slot, 4], slots[slot, 5], slots[slot, 6] = side, price, left, agent, number
    slots[slot, 7] = whole[LIVE]
    live[whole[LIVE]] = slot
    whole[LIVE] += 1
    whole[BUYS + side] += 1
    if side == BUY and price > whole[BID]:
        whole[BID] = price
    if side == SELL and price < whole[ASK]:
        whole[ASK] = price


@njit(cache=True)
def remove(whole, slot, slots, heads, tails, live):
    """Take an order out of its queue."""
    side, price = slots[slot, 2], slots[slot, 3]
    before, after = slots[slot, 0], slots[slot, 1]
    if before >= 0:
        slots[before, 1] = after
    else:
        heads[side, price] = after
    if after >= 0:
        slots[after, 0] = before
    else:
        tails[side, price] = before
    at = slots[slot, 7]
    whole[LIVE] -= 1
    whole[BUYS + side] -= 1
    last = live[whole[LIVE]]
    live[at] = last
    slots[last, 7] = at
    slots[slot, 1] = whole[FREE]
    whole[FREE] = slot
    top = heads.shape[1]
    while whole[BID] >= 0 and heads[BUY, whole[BID]] < 0:
        whole[BID] -= 1
    while whole[ASK] < top and heads[SELL, whole[ASK]] < 0:
        whole[ASK] += 1


@njit(cache=True)
def exchange(buyer, seller, price, quantity, cash, shares):
    """Hand money and shares over."""
    cash[buyer] -= price * quantity
    cash[seller] += price * quantity
    shares[buyer] += quantity
    shares[seller] -= quantity


@njit(cache=True)
def take(whole, fractions, side, most, left, agent, number, slots, heads, tails, live, cash, shares, trades, made):
    """Trade against the best orders of the other side, up to a price; what is left, and how many trades there are."""
    top = heads.shape[1]
    while left > 0:
        price = whole[ASK] if side == BUY else whole[BID]
        if price < 0 or price >= top or (price > most if side == BUY else price < most):
            break
        slot = heads[SELL if side == BUY else BUY, price]
        quantity = min(left, slots[slot, 4])
        other = slots[slot, 5]
        if side == BUY:
            exchange(agent, other, price, quantity, cash, shares)
        else:
            exchange(other, agent, price, quantity, cash, shares)
        trades[made, 0] = fractions[TIME]
        trades[made, 1], trades[made, 2] = number, slots[slot, 6]
        trades[made, 3], trades[made, 4], trades[made, 5] = price, quantity, side
        made += 1
        whole[LAST] = price
        left -= quantity
        slots[slot, 4] -= quantity
        if slots[slot, 4] == 0:
            remove(whole, slot, slots, heads, tails, live)
    return left, made


@njit(cache=True)
def auction(whole, fractions, slots, heads, tails, live, cash, shares, trades, made):
    """Clear a book that is crossed at the one price at which most is traded; how many trades there are then."""
    top = heads.shape[1]
    if whole[BID] < whole[ASK]:
        return made
    wanted, offered = np.zeros(top + 1, np.int64), np.zeros(top + 1, np.int64)
    for k in range(whole[LIVE]):
        slot = live[k]
        if slots[slot, 2] == BUY:
            wanted[slots[slot, 3]] += slots[slot, 4]
        else:
            offered[slots[slot, 3]] += slots[slot, 4]
    for price in range(top - 1, -1, -1):
        wanted[price] += wanted[price + 1]
    for price in range(1, top):
        offered[price] += offered[price - 1]
    best, price = -1, 0
    for each in range(whole[ASK], whole[BID] + 1):
        volume = min(wanted[each], offered[each])
        if volume > best or (
            volume == best and abs(wanted[each] - offered[each]) < abs(wanted[price] - offered[price])
        ):
            best, price = volume, each
    while whole[BID] >= price and whole[ASK] <= price and whole[BID] >= whole[ASK]:
        buy, sell = heads[BUY, whole[BID]], heads[SELL, whole[ASK]]
        quantity = min(slots[buy, 4], slots[sell, 4])
        exchange(slots[buy, 5], slots[sell, 5], price, quantity, cash, shares)
        trades[made, 0] = fractions[TIME]
        first, second = slots[buy, 6], slots[sell, 6]
        trades[made, 1], trades[made, 2] = max(first, second), min(first, second)
        trades[made, 3], trades[made, 4], trades[made, 5] = price, quantity, BUY if first > second else SELL
        made += 1
        whole[LAST] = price
        slots[buy, 4] -= quantity
        slots[sell, 4] -= quantity
        if slots[buy, 4] == 0:
            remove(whole, buy, slots, heads, tails, live)
        if slots[sell, 4] == 0:
            remove(whole, sell, slots, heads, tails, live)
    return made


@njit(cache=True)
def trade(
    whole, fractions, state, end, opening, groups, rates, law, slots, heads, tails, live, cash, shares, orders, trades, quotes,
):  # fmt: skip
    """Go on until a moment, or until there is no room for more rows.

    Args:
        whole: best prices, live orders, free slots, orders so far, last price, whether there was no room for an order.
        fractions: time, value, trend, share of minds that are excited, time of the next order, of the next second.
        state: of the random stream.
        end: seconds.
        opening: until when orders are gathered for the opening auction.
        groups: first agent of each group, and of none, shape (5,).
        rates: chance of each group to send the next order, cumulative, shape (4,).
        law: orders a second; chance that noise is a market order; live orders for one that is cancelled with every order; ticks
            between an order and the other side; standard deviation of the value a second; by how much it must differ; what a
            trend does; mean reversion, centre and noise of the share of excited minds; mean of its odds; most excitement; mean
            quantity; shares a market maker may hold.
        slots: live orders, shape (room, 8).
        heads: first order of each side and price.
        tails: last order of each.
        live: slots of live orders, without gaps.
        cash: of each agent, in ticks.
        shares: of each agent.
        orders: rows to be filled: time, agent, side, kind, price, quantity, number of the order that is cancelled.
        trades: rows to be filled: time, taking and resting order, price, quantity, side.
        quotes: rows to be filled: time, best bid and ask, value, excitement.

    Returns:
        How many rows there are of orders, trades and quotes.
    """
    top = heads.shape[1]
    n = made = asked = 0
    (rate, to_take, per_live, distance, news, threshold, follow, calm, centre, stir, mean, most, size, limit) = law
    opened = fractions[TIME] >= opening
    while n < len(orders) - 1 and made < len(trades) - 4096 and asked < len(quotes) - 1:
        if min(fractions[NEXT], fractions[SECOND]) >= end:
            fractions[TIME] = end
            break
        if fractions[SECOND] <= fractions[NEXT]:  # a second has gone by: news, moods, and a look at the book
            fractions[TIME] = fractions[SECOND]
            fractions[SECOND] += 1
            if not opened and fractions[TIME] >= opening:
                made = auction(whole, fractions, slots, heads, tails, live, cash, shares, trades, made)
                opened = True
            if opened:
                quotes[asked, 0], quotes[asked, 1], quotes[asked, 2] = fractions[TIME], whole[BID], whole[ASK]
                x = fractions[MIND]
                quotes[asked, 3], quotes[asked, 4] = fractions[VALUE], min(x / (1 - x) / mean, most)
                asked += 1
            x = fractions[MIND]
            x += calm * (centre - x) + stir * np.sqrt(x * (1 - x)) * normal(state)
            fractions[MIND] = min(max(x, 1e-4), 1 - 1e-4)
            fractions[VALUE] += news * normal(state)
            if opened and whole[BID] >= 0 and whole[ASK] < top:
                middle = (whole[BID] + whole[ASK]) / 2
                fractions[TREND] += (middle - fractions[TREND]) / 60
            continue
        fractions[TIME] = fractions[NEXT]
        x = fractions[MIND]
        excited = min(x / (1 - x) / mean, most)
        cancels = whole[LIVE] / per_live
        whole_rate = rate * excited * (1 + cancels)
        fractions[NEXT] += -np.log(1 - draw(state)) / whole_rate
        if draw(state) * (1 + cancels) < cancels and whole[LIVE] > 2:  # someone changes his mind
            slot = live[int(draw(state) * whole[LIVE])]
            side, price = slots[slot, 2], slots[slot, 3]
            if whole[BUYS + side] > 1:  # the last order of a side stays: a market with one side is none
                orders[n, 0], orders[n, 1], orders[n, 2], orders[n, 3] = fractions[TIME], slots[slot, 5], side, CANCEL
                orders[n, 4], orders[n, 5], orders[n, 6] = price, slots[slot, 4], slots[slot, 6]
                n += 1
                whole[ORDERS] += 1
                remove(whole, slot, slots, heads, tails, live)
            continue
        u, group = draw(state), 0
        while group < 3 and u >= rates[group]:
            group += 1
        agent = groups[group] + int(draw(state) * (groups[group + 1] - groups[group]))
        bid, ask = whole[BID], whole[ASK]
        middle = (bid + ask) / 2 if bid >= 0 and ask < top else float(whole[LAST])
        side, kind = (BUY if draw(state) < 0.5 else SELL), LIMIT
        if group == NOISE:
            kind = MARKET if draw(state) < to_take else LIMIT
        elif group == FUNDAMENTAL:
            gap = fractions[VALUE] - middle
            if abs(gap) > threshold:
                side = BUY if gap > 0 else SELL
                kind = MARKET if draw(state) < 2 * to_take else LIMIT
        elif group == CHARTIST:
            tilt = 0.5 + 0.5 * np.tanh(follow * (middle - fractions[TREND]))
            side = BUY if draw(state) < tilt else SELL
            kind = MARKET if draw(state) < to_take else LIMIT
        elif shares[agent] > limit:
            side = SELL
        elif shares[agent] < -limit:
            side = BUY
        away = int(-np.log(1 - draw(state)) * distance * (0.5 if group == MAKER else 1.0))
        quantity = 1 + int(-np.log(1 - draw(state)) * size)
        if not opened:
            kind = LIMIT
            base = int(whole[LAST] + normal(state) * distance)
            price = base - away // 2 if side == BUY else base + away // 2
        elif kind == MARKET:
            price = top - 1 if side == BUY else 0
        elif side == BUY:
            price = (ask if ask < top else whole[LAST]) - 1 - away
        else:
            price = (bid if bid >= 0 else whole[LAST]) + 1 + away
        price = min(max(price, 1), top - 2) if kind == LIMIT else price
        if whole[FREE] < 0:
            whole[FULL] += 1
            continue
        number = whole[ORDERS]
        whole[ORDERS] += 1
        orders[n, 0], orders[n, 1], orders[n, 2], orders[n, 3] = fractions[TIME], agent, side, kind
        orders[n, 4], orders[n, 5], orders[n, 6] = (price if kind == LIMIT else -1), quantity, -1
        n += 1
        left = quantity
        if opened:
            left, made = take(
                whole,
                fractions,
                side,
                price,
                left,
                agent,
                number,
                slots,
                heads,
                tails,
                live,
                cash,
                shares,
                trades,
                made,
            )
        if left > 0 and kind == LIMIT:
            add(whole, side, price, left, agent, number, slots, heads, tails, live)
    return n, made, asked
