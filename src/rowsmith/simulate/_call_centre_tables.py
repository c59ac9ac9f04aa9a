"""What `call_centre` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

SECONDS = "s from the beginning of the record"

TABLES = {
    "runs": Emitted(
        about="A day of a run.",
        columns={
            "calls": Field(pa.int64(), "calls that were recorded"),
            "gave_up": Field(pa.int64(), "of these, those that gave up"),
            "load": Field(pa.float64(), "work that comes, as a part of what agents can do, of the busiest skill"),
            "note": Field(TEXT, "whether the queue must grow for ever"),
        },
    ),
    "agents": Emitted(
        about="An agent.", key="agent_id", once=True, columns={"skill": Field(TEXT, "what calls it takes")}
    ),
    "calls": Emitted(
        about="A call, in the order in which they came.",
        key="call_id",
        points={"agent_id": "agents"},
        columns={
            "skill": Field(TEXT, "what it is about"),
            "came_at": Field(pa.float64(), "when", SECONDS),
            "waited": Field(pa.float64(), "until it was answered, or given up", "s"),
            "talked": Field(pa.float64(), "missing if it was given up", "s", nullable=True),
            "ended_at": Field(pa.float64(), "when", SECONDS),
            "outcome": Field(TEXT, "served or gave up"),
        },
    ),
    "intervals": Emitted(
        about="A report on the calls of a skill that came in an interval.",
        columns={
            "skill": Field(TEXT, "which"),
            "begun_at": Field(pa.int64(), "its beginning", SECONDS),
            "calls": Field(pa.int64(), "calls that came"),
            "answered": Field(pa.int64(), "of these, those that were answered"),
            "service_level": Field(
                pa.float64(), "share answered within the target; missing without calls", nullable=True
            ),
            "mean_wait": Field(pa.float64(), "until answered or given up; missing without calls", "s", nullable=True),
        },
    ),
}

ODD = Odd(
    purpose="Calls and reports for staffing and service levels. Recognised by Erlang's formulas: where calls come evenly, times are "
    "exponential and nobody gives up, the share that waits is Erlang C and the mean wait follows; with impatience, Erlang "
    "A.",
    entities="Calls (skill, moment, patience, work), agents (skill). Time is continuous.",
    process="Calls come; each waits for the agent of its skill who is free first, first come, first served, unless its patience "
    "ends. Since order alone decides, waits are computed call by call, exactly (Kiefer and Wolfowitz 1955).",
    concepts="Emergence: queues and service levels. Heterogeneity: patience and work. Stochasticity: arrivals, work, patience. "
    "Observation: a share of calls is not recorded; reports count what is recorded, by interval of arrival.",
    start="Nobody waits at first; a warm-up of whole days is not recorded.",
    submodels="Arrivals: Poisson, its rate by time of day. Work: lognormal, or exponential where spread is 0. Patience: exponential.",
)
