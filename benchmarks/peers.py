"""Other tools' twins, for comparison: `python benchmarks/peers.py PEER TRAIN.parquet TWIN.parquet SEED`.

Runs in an environment that has the peer, not rowsmith: `python -m venv peers; peers/bin/pip install arfpy pyarrow "numpy<2.4"`. Each
runs with its defaults.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd


def arfpy(train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Adversarial random forests: D. Watson, K. Blesch, J. Kapar, M. Wright (2023)."""
    from arfpy import arf

    np.random.seed(seed)  # noqa: NPY002 (it draws from the global stream)
    # It knows numbers and categories, and no missing values.
    plain = pd.DataFrame(
        {n: c.astype(float) if pd.api.types.is_numeric_dtype(c) else c.astype("category") for n, c in train.items()}
    )
    model = arf.arf(x=plain, random_state=seed, verbose=False)
    model.forde()
    made = model.forge(n=len(train))
    for name, column in train.items():
        if pd.api.types.is_integer_dtype(column):
            made[name] = made[name].round().astype("int64")
    return made[list(train)]


PEERS: dict[str, Callable[[pd.DataFrame, int], pd.DataFrame]] = {"arfpy": arfpy}


def main() -> None:
    peer, train, twin, seed = sys.argv[1:]
    PEERS[peer](pd.read_parquet(train), int(seed)).to_parquet(twin, index=False)


if __name__ == "__main__":
    main()
