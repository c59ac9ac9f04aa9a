"""Small databases for tests: their schemas, and whether links hold."""

import numpy as np

from rowsmith.core.schema import ForeignKey, Schema, Table

PLAIN = {"learner": "independent"}
"""Where only keys and counts are looked at, nothing else need be learnt well."""


def key(columns, table, targets):
    columns, targets = (c if isinstance(c, tuple) else (c,) for c in (columns, targets))
    return ForeignKey(columns=columns, table=table, targets=targets)


def schema(**tables):
    return Schema(
        tables={n: Table(columns={}, primary_key=tuple(p), foreign_keys=tuple(f)) for n, (p, f) in tables.items()}
    )


def points(child, columns, parent, targets):
    """Whether all links that are there lead to a row."""
    keys = set(zip(*(parent[t].to_pylist() for t in targets), strict=True))
    links = zip(*(child[c].to_pylist() for c in columns), strict=True)
    return all(link in keys for link in links if None not in link)


def rng(seed=0):
    return np.random.default_rng(seed)
