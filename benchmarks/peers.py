"""Fit one learner of another package with its defaults, and draw as many rows as it learnt.

    python benchmarks/peers.py NAME TRAIN.parquet TWIN.parquet SEED

Runs under the Python of an environment that has the package (`pip install sdv`, `pip install mostlyai-engine`), for
`learners.py --peers`. Prints a line: name, version, CPU seconds to fit and to draw, of the whole process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

Draw = Callable[[int], pd.DataFrame]
"""A number of rows to rows."""


def of_sdv(synthesizer: str) -> Callable[[pd.DataFrame, int], Draw]:
    def fit(train: pd.DataFrame, seed: int) -> Draw:
        import torch
        from sdv import single_table
        from sdv.metadata import Metadata

        np.random.seed(seed)  # noqa: NPY002 - the package draws from the global stream
        torch.manual_seed(seed)
        model = getattr(single_table, synthesizer)(Metadata.detect_from_dataframes({"table": train}))
        model.fit({"table": train})

        def draw(n: int) -> pd.DataFrame:
            drawn = model.sample(n)
            return drawn["table"] if isinstance(drawn, dict) else drawn

        return draw

    return fit


def mostly(train: pd.DataFrame, seed: int) -> Draw:
    from mostlyai import engine

    engine.set_random_state(seed)
    room = Path(tempfile.mkdtemp())
    engine.split(workspace_dir=room, tgt_data=train)
    engine.analyze(workspace_dir=room)
    engine.encode(workspace_dir=room)
    engine.train(workspace_dir=room)

    def draw(n: int) -> pd.DataFrame:
        engine.generate(workspace_dir=room, sample_size=n)
        return pd.read_parquet(room / "SyntheticData")

    return draw


PEERS: dict[str, tuple[str, Callable[[pd.DataFrame, int], Draw]]] = {
    "ctgan": ("sdv", of_sdv("CTGANSynthesizer")),
    "tvae": ("sdv", of_sdv("TVAESynthesizer")),
    "gaussian_copula": ("sdv", of_sdv("GaussianCopulaSynthesizer")),
    "tabular_argn": ("mostlyai-engine", mostly),
}
"""Name to its package and how it fits."""


def cpu() -> float:
    """Seconds of this process and of its children."""
    return sum(os.times()[:4])


def main() -> None:
    name, source, twin, seed = sys.argv[1:]
    package, fit = PEERS[name]
    train = pd.read_parquet(source)
    draw = fit(train, int(seed))
    fitted = cpu()
    draw(len(train)).to_parquet(twin, index=False)
    print(f"{name} {package} {version(package)} fit_cpu_s {fitted:.4g} draw_cpu_s {cpu() - fitted:.4g}")


if __name__ == "__main__":
    main()
