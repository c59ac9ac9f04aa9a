"""What `epidemic` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

TABLES = {
    "runs": Emitted(
        about="A month of a run.",
        columns={
            "ever_infected": Field(pa.int64(), "persons infected so far"),
            "share": Field(pa.float64(), "of the population"),
        },
    ),
    "persons": Emitted(
        about="Somebody.",
        key="person_id",
        once=True,
        columns={
            "age": Field(TEXT, "child, adult or senior"),
            "household": Field(pa.int64(), "number of the household"),
            "immune": Field(pa.bool_(), "whether from the beginning"),
        },
    ),
    "contacts": Emitted(
        about="Two persons who meet.",
        points={"person_id": "persons", "other_id": "persons"},
        columns={"kind": Field(TEXT, "household or other")},
    ),
    "infections": Emitted(
        about="Somebody is infected: the truth.",
        key="infection_id",
        points={"person_id": "persons", "infector_id": "persons"},
        columns={
            "exposed_day": Field(pa.int64(), "day"),
            "infectious_day": Field(pa.int64(), "first day of being infectious; it may be after the record"),
            "recovered_day": Field(pa.int64(), "first day of not being so any more"),
            "symptoms": Field(pa.bool_(), "whether there are any"),
        },
    ),
    "tests": Emitted(
        about="A test.",
        key="test_id",
        points={"person_id": "persons"},
        columns={
            "day": Field(pa.int64(), "day"),
            "reason": Field(TEXT, "symptoms or screening"),
            "result": Field(TEXT, "negative or positive"),
            "infectious": Field(pa.bool_(), "whether the person is: the truth"),
            "reported": Field(pa.bool_(), "whether it reached the statistics"),
        },
    ),
    "days": Emitted(
        about="The end of a day.",
        columns={
            "day": Field(pa.int64(), "day, from 0"),
            "susceptible": Field(pa.int64(), "persons who can be infected"),
            "exposed": Field(pa.int64(), "infected, not yet infectious"),
            "infectious": Field(pa.int64(), "infectious"),
            "recovered": Field(pa.int64(), "recovered"),
            "new_infections": Field(pa.int64(), "infected on this day: the truth"),
            "tests": Field(pa.int64(), "tests taken"),
            "reported": Field(pa.int64(), "cases as statistics have them"),
        },
    ),
}

ODD = Odd(
    purpose="Line lists, contact lists and test results of an epidemic whose truth (who infected whom, and when) is known. "
    "Recognised by the final size: without households the share s that is ever infected solves s = 1 − exp(−zTs), z "
    "contacts, T the chance to pass the infection on along one (Newman 2002); and by growth before and fall after the peak.",
    entities="Persons (age group, household, state S, E, I or R with its days), contacts between them. A step is a day.",
    process="Each day: who was exposed long enough becomes infectious; all who are infectious act at once on their contacts as they "
    "were in the morning (synchronous; of several infectors one is drawn); who was infectious long enough recovers; tests "
    "are taken; the day is counted.",
    concepts="Emergence: the curve, the final size, clusters in households. Interaction: along contacts. Stochasticity: network, "
    "passing on, times, tests. Observation: tests by symptoms and screening, with sensitivity and specificity; a share of "
    "positive ones is reported.",
    start="Households filled with 1 + Poisson persons, other contacts drawn as pairs by chance; `seeds` persons are exposed.",
    submodels="Passing on: with probability `chance` a day and contact. Latent and infectious times: gamma of shape 4, rounded to "
    "whole days, at least 1. Distancing scales `chance` outside of households. Symptoms come with being infectious; the "
    "test follows a Poisson delay.",
)
