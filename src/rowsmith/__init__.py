"""rowsmith: synthetic tables that are right in every row, with the evidence.

>>> import rowsmith as rs
>>> import pyarrow as pa
>>> model = rs.fit(pa.table({"size": [1, 2, 2, 3] * 20, "colour": ["red", "red", "blue", "blue"] * 20}))
>>> model.sample(3, seed=7).num_rows
3
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rowsmith.augment.balance import Balance
    from rowsmith.augment.dropout import Dropout
    from rowsmith.augment.flip import Flip
    from rowsmith.augment.jitter import Jitter
    from rowsmith.augment.noise import Noise
    from rowsmith.augment.oversample import Oversample
    from rowsmith.augment.round import Round
    from rowsmith.augment.smote import Smote
    from rowsmith.augment.typos import Typos
    from rowsmith.augment.undersample import Undersample
    from rowsmith.core.errors import DataError, ModelFileError, OutputError, RowsmithError, SpecError
    from rowsmith.core.schema import Column, ForeignKey, Schema, Table
    from rowsmith.engine.augment import Augmented, augment
    from rowsmith.engine.database import DatabaseModel
    from rowsmith.engine.datasheet import Sheet, datasheet
    from rowsmith.engine.draft import draft
    from rowsmith.engine.front import fit, inspect
    from rowsmith.engine.impute import Imputed, impute
    from rowsmith.engine.judge import Comparison, Report, compare, evaluate
    from rowsmith.engine.load import load
    from rowsmith.engine.make import Made, make, read_spec
    from rowsmith.engine.model import Model
    from rowsmith.engine.profile import Profiled, profile
    from rowsmith.engine.sequence import SequenceModel
    from rowsmith.engine.synth import Synthesis, synth
    from rowsmith.engine.verify import verify
    from rowsmith.spec.model import Spec

# Where each public name lives: `import rowsmith` loads none of it before it is used.
_HOMES = {
    "Augmented": "rowsmith.engine.augment",
    "Balance": "rowsmith.augment.balance",
    "Column": "rowsmith.core.schema",
    "Comparison": "rowsmith.engine.judge",
    "DataError": "rowsmith.core.errors",
    "DatabaseModel": "rowsmith.engine.database",
    "Dropout": "rowsmith.augment.dropout",
    "Flip": "rowsmith.augment.flip",
    "ForeignKey": "rowsmith.core.schema",
    "Imputed": "rowsmith.engine.impute",
    "Jitter": "rowsmith.augment.jitter",
    "Made": "rowsmith.engine.make",
    "Model": "rowsmith.engine.model",
    "ModelFileError": "rowsmith.core.errors",
    "Noise": "rowsmith.augment.noise",
    "OutputError": "rowsmith.core.errors",
    "Oversample": "rowsmith.augment.oversample",
    "Profiled": "rowsmith.engine.profile",
    "Report": "rowsmith.engine.judge",
    "Round": "rowsmith.augment.round",
    "RowsmithError": "rowsmith.core.errors",
    "Schema": "rowsmith.core.schema",
    "SequenceModel": "rowsmith.engine.sequence",
    "Sheet": "rowsmith.engine.datasheet",
    "Smote": "rowsmith.augment.smote",
    "Spec": "rowsmith.spec.model",
    "SpecError": "rowsmith.core.errors",
    "Synthesis": "rowsmith.engine.synth",
    "Table": "rowsmith.core.schema",
    "Typos": "rowsmith.augment.typos",
    "Undersample": "rowsmith.augment.undersample",
    "augment": "rowsmith.engine.augment",
    "compare": "rowsmith.engine.judge",
    "datasheet": "rowsmith.engine.datasheet",
    "draft": "rowsmith.engine.draft",
    "evaluate": "rowsmith.engine.judge",
    "fit": "rowsmith.engine.front",
    "impute": "rowsmith.engine.impute",
    "inspect": "rowsmith.engine.front",
    "load": "rowsmith.engine.load",
    "make": "rowsmith.engine.make",
    "profile": "rowsmith.engine.profile",
    "read_spec": "rowsmith.engine.make",
    "synth": "rowsmith.engine.synth",
    "verify": "rowsmith.engine.verify",
}

__all__ = [
    "Augmented",
    "Balance",
    "Column",
    "Comparison",
    "DataError",
    "DatabaseModel",
    "Dropout",
    "Flip",
    "ForeignKey",
    "Imputed",
    "Jitter",
    "Made",
    "Model",
    "ModelFileError",
    "Noise",
    "OutputError",
    "Oversample",
    "Profiled",
    "Report",
    "Round",
    "RowsmithError",
    "Schema",
    "SequenceModel",
    "Sheet",
    "Smote",
    "Spec",
    "SpecError",
    "Synthesis",
    "Table",
    "Typos",
    "Undersample",
    "augment",
    "compare",
    "datasheet",
    "draft",
    "evaluate",
    "fit",
    "impute",
    "inspect",
    "load",
    "make",
    "profile",
    "read_spec",
    "synth",
    "verify",
]


class _Package(types.ModuleType):
    """A package whose public names win over rooms of the same name: `rs.evaluate` is the function, not the folder."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a room makes Python bind it here under its name.
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rowsmith' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
