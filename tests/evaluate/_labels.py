"""A made table whose labels are known: which are wrong, which are clear."""

import numpy as np
import pyarrow as pa


def labelled(n=2000, seed=0, flip=0.08):
    """Rows of two classes, of which a share says the other one.

    Returns:
        The table; whether each label is wrong; how far each row is from the other class.
    """
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    kind = rng.choice(["x", "y", "z"], n)
    value = a + b + (kind == "x") - 0.3
    wrong = rng.random(n) < flip
    table = pa.table({"a": a, "b": b, "kind": kind, "label": np.where((value > 0) ^ wrong, "yes", "no")})
    return table, wrong, np.abs(value)
