"""What `web_visits` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import MOMENT, TEXT, Emitted, Field, Odd

TABLES = {
    "runs": Emitted(
        about="A part of a run: some of its visitors with all that they did.",
        columns={
            "visitors": Field(pa.int64(), "visitors of the part"),
            "sessions": Field(pa.int64(), "sessions in the recorded days"),
        },
    ),
    "pages": Emitted(
        about="A page of the site.",
        key="page_id",
        once=True,
        columns={"path": Field(pa.string(), "its address"), "kind": Field(TEXT, "kind of page")},
    ),
    "visitors": Emitted(
        about="Somebody, or a program, who comes: what is true, not what a cookie shows.",
        key="visitor_id",
        columns={
            "kind": Field(TEXT, "person or bot"),
            "country": Field(TEXT, "ISO 3166 code"),
            "device": Field(TEXT, "phone, desktop or tablet"),
            "first_channel": Field(TEXT, "how they came the first time"),
            "variant": Field(TEXT, "of the A/B test; bots are in none", nullable=True),
            "consent": Field(pa.bool_(), "whether a cookie may be set"),
            "first_at": Field(MOMENT, "first arrival; in the warm-up it is before the first recorded day", "UTC"),
        },
    ),
    "sessions": Emitted(
        about="A visit, as the server sees it.",
        key="session_id",
        per=("visitor_id", "visitors"),
        columns={
            "number": Field(pa.int64(), "which visit of the visitor it is, from 1"),
            "started_at": Field(MOMENT, "first page", "UTC"),
            "channel": Field(TEXT, "search, direct, social, mail or ads"),
            "cookie": Field(
                pa.string(), "what links visits; missing without consent, another one after a loss", nullable=True
            ),
            "landing_page": Field(TEXT, "kind of the first page"),
            "pages": Field(pa.int64(), "pages that were served"),
            "seconds": Field(pa.float64(), "from the first page to the last", "s"),
            "reached_product": Field(pa.bool_(), "whether a product was looked at"),
            "reached_basket": Field(pa.bool_(), "whether something was put into the basket"),
            "reached_checkout": Field(pa.bool_(), "whether the checkout was begun"),
            "reached_paid": Field(pa.bool_(), "whether there was an order"),
        },
    ),
    "page_views": Emitted(
        about="A page view that the script on the page has reported.",
        key="page_view_id",
        per=("session_id", "sessions"),
        points={"page_id": "pages"},
        columns={
            "number": Field(pa.int64(), "place in the session, from 1; lost ones are missing"),
            "at": Field(MOMENT, "when it was opened", "UTC"),
            "seconds": Field(pa.float64(), "until the next page; missing for the last", "s", nullable=True),
        },
    ),
    "events": Emitted(
        about="Something that was done on a page.",
        key="event_id",
        per=("session_id", "sessions"),
        columns={
            "at": Field(MOMENT, "when", "UTC"),
            "kind": Field(TEXT, "search, add_to_basket, begin_checkout or purchase"),
        },
    ),
    "orders": Emitted(
        about="An order.",
        key="order_id",
        per=("session_id", "sessions"),
        columns={
            "at": Field(MOMENT, "when it was paid", "UTC"),
            "amount": Field(pa.decimal128(10, 2), "what was paid", "euro"),
            "items": Field(pa.int64(), "things in it"),
            "first_channel": Field(TEXT, "how the visitor really came the first time"),
            "first_channel_seen": Field(TEXT, "the same as cookies show it: what attribution would use"),
        },
    ),
    "access_log": Emitted(
        lines="access.log",
        about="A line of the server's log, in the combined format; pages alone, in order of time within a part.",
        columns={
            "at": Field(MOMENT, "when", "UTC"),
            "line": Field(pa.string(), "the line as Apache would write it"),
        },
    ),
}

ODD = Odd(
    purpose="Analytics data of a website whose truth is known: who is a bot, what the A/B test does, which channel really brought a "
    "customer. Recognised by Zipf popularity of pages, a heavy tail of session lengths, a daily and weekly rhythm, and a "
    "funnel whose rates follow from the site graph.",
    entities="Visitors (person or bot, device, country, channel, variant, consent), their sessions (start, channel, cookie, "
    "impatience), pages (kind, rank of popularity). Time runs in milliseconds over whole days; there is no space but the "
    "graph.",
    process="Visitors arrive; each has further sessions, days apart; each session walks over the site, page after page, until it "
    "leaves. Visitors never meet, so a part of a run is some visitors with all that they do, and nothing is updated "
    "together.",
    concepts="Emergence: funnel rates, session lengths and popularity arise from the graph, impatience and ranks. Heterogeneity: "
    "rate of return (gamma) and impatience (gamma). Stochasticity: everything. Observation: page views lack a share of lost "
    "hits and the time on the last page; cookies are missing without consent and change; the server's log has all.",
    start="An empty site; a warm-up lets people come before the first recorded day, so that returns are in balance.",
    submodels="Arrivals: an inhomogeneous Poisson process by hour, weekday and campaign, given its number of visitors. Returns: "
    "Poisson with a gamma rate (shape 1); gaps are lognormal, in days. Walk: a session leaves a page with probability 1 − "
    "(1 − e)^g, e from the graph, g gamma with mean 1 and shape `patience`, so that P(more than n pages) falls like "
    "n^−patience (a Lomax tail; Huberman et al. 1998 found heavy tails on real sites); else it goes on by the graph's "
    "weights. Variant B multiplies the step from the last page but one of the funnel to the order by 1 + `lift`. Dwell: "
    "lognormal, sigma 0.9. Items: rank r in proportion to r^−zipf (Breslau et al. 1999). Bots: steady pace, long walks, "
    "around the clock, never into the basket.",
)
