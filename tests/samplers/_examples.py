"""Settings to try each kind with, and columns for those that read some."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from tests.samplers import _examples_entities, _examples_links, _examples_numbers, _examples_values

from rowsmith.core.protocols import ColumnSampler

PARTS = (_examples_numbers, _examples_values, _examples_entities, _examples_links)
EXAMPLES = {kind: settings for part in PARTS for kind, settings in part.EXAMPLES.items()}
COLUMNS = {name: make for part in PARTS for name, make in part.COLUMNS.items()}


def given_for(sampler: ColumnSampler, n: int) -> Mapping[str, pa.Array]:
    """The columns that a sampler reads, n rows each."""
    rng = np.random.default_rng(11)
    return {name: COLUMNS[name](n, rng) for name in sampler.reads}
