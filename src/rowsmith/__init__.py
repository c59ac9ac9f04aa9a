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
    from rowsmith.augment.anonymise import Anonymise
    from rowsmith.augment.balance import Balance
    from rowsmith.augment.bootstrap import Bootstrap
    from rowsmith.augment.corrupt import Corrupt
    from rowsmith.augment.cut_mix import CutMix
    from rowsmith.augment.dropout import Dropout
    from rowsmith.augment.flip import Flip
    from rowsmith.augment.frequency_mask import FrequencyMask
    from rowsmith.augment.gaps import Gaps
    from rowsmith.augment.generalise import Generalise
    from rowsmith.augment.jitter import Jitter
    from rowsmith.augment.microaggregate import Microaggregate
    from rowsmith.augment.mixup import Mixup
    from rowsmith.augment.noise import Noise
    from rowsmith.augment.orphans import Orphans
    from rowsmith.augment.oversample import Oversample
    from rowsmith.augment.permute import Permute
    from rowsmith.augment.pram import Pram
    from rowsmith.augment.pseudonym import Pseudonym
    from rowsmith.augment.rank_swap import RankSwap
    from rowsmith.augment.redact import Redact
    from rowsmith.augment.remainder import Remainder
    from rowsmith.augment.repair import Repair
    from rowsmith.augment.round import Round
    from rowsmith.augment.schema_drift import SchemaDrift
    from rowsmith.augment.sensor_fault import SensorFault
    from rowsmith.augment.shift import Shift
    from rowsmith.augment.shift_dates import ShiftDates
    from rowsmith.augment.smote import Smote
    from rowsmith.augment.stale import Stale
    from rowsmith.augment.swapped import Swapped
    from rowsmith.augment.tails import Tails
    from rowsmith.augment.thin import Thin
    from rowsmith.augment.top_code import TopCode
    from rowsmith.augment.typos import Typos
    from rowsmith.augment.undersample import Undersample
    from rowsmith.augment.warp import Warp
    from rowsmith.augment.window_slice import WindowSlice
    from rowsmith.core.errors import DataError, ModelFileError, OutputError, RowsmithError, SpecError
    from rowsmith.core.schema import Column, ForeignKey, Schema, Table
    from rowsmith.engine.augment import Augmented, augment
    from rowsmith.engine.augment_file import FileAugmented, augment_file
    from rowsmith.engine.basket import BasketModel
    from rowsmith.engine.database import DatabaseModel
    from rowsmith.engine.datasheet import Sheet, datasheet
    from rowsmith.engine.draft import draft
    from rowsmith.engine.front import fit, inspect
    from rowsmith.engine.impute import Imputed, impute
    from rowsmith.engine.judge import Comparison, Report, compare, evaluate
    from rowsmith.engine.load import load
    from rowsmith.engine.make import Made, make, read_spec
    from rowsmith.engine.model import Model
    from rowsmith.engine.monte_carlo import Outcomes, monte_carlo
    from rowsmith.engine.profile import Profiled, profile
    from rowsmith.engine.prove import Proof, prove
    from rowsmith.engine.risk import Risk, RiskChange, risk, risk_change
    from rowsmith.engine.sequence import SequenceModel
    from rowsmith.engine.simulate import simulate
    from rowsmith.engine.subset import Subset, subset, subset_to
    from rowsmith.engine.synth import Synthesis, synth
    from rowsmith.engine.verify import verify
    from rowsmith.simulate._record import Record
    from rowsmith.simulate._world import Emitted, Field, Param, World
    from rowsmith.spec.model import Spec

# Where each public name lives: `import rowsmith` loads none of it before it is used.
_HOMES = {
    "Anonymise": "rowsmith.augment.anonymise",
    "Augmented": "rowsmith.engine.augment",
    "FileAugmented": "rowsmith.engine.augment_file",
    "Balance": "rowsmith.augment.balance",
    "Bootstrap": "rowsmith.augment.bootstrap",
    "BasketModel": "rowsmith.engine.basket",
    "Column": "rowsmith.core.schema",
    "Comparison": "rowsmith.engine.judge",
    "Corrupt": "rowsmith.augment.corrupt",
    "CutMix": "rowsmith.augment.cut_mix",
    "DataError": "rowsmith.core.errors",
    "DatabaseModel": "rowsmith.engine.database",
    "Dropout": "rowsmith.augment.dropout",
    "Flip": "rowsmith.augment.flip",
    "Emitted": "rowsmith.simulate._world",
    "Field": "rowsmith.simulate._world",
    "ForeignKey": "rowsmith.core.schema",
    "FrequencyMask": "rowsmith.augment.frequency_mask",
    "Gaps": "rowsmith.augment.gaps",
    "Generalise": "rowsmith.augment.generalise",
    "Imputed": "rowsmith.engine.impute",
    "Jitter": "rowsmith.augment.jitter",
    "Made": "rowsmith.engine.make",
    "Microaggregate": "rowsmith.augment.microaggregate",
    "Mixup": "rowsmith.augment.mixup",
    "Model": "rowsmith.engine.model",
    "Outcomes": "rowsmith.engine.monte_carlo",
    "ModelFileError": "rowsmith.core.errors",
    "Noise": "rowsmith.augment.noise",
    "Orphans": "rowsmith.augment.orphans",
    "OutputError": "rowsmith.core.errors",
    "Oversample": "rowsmith.augment.oversample",
    "Permute": "rowsmith.augment.permute",
    "Pram": "rowsmith.augment.pram",
    "Profiled": "rowsmith.engine.profile",
    "Proof": "rowsmith.engine.prove",
    "Pseudonym": "rowsmith.augment.pseudonym",
    "RankSwap": "rowsmith.augment.rank_swap",
    "Redact": "rowsmith.augment.redact",
    "Remainder": "rowsmith.augment.remainder",
    "Repair": "rowsmith.augment.repair",
    "Param": "rowsmith.simulate._world",
    "Record": "rowsmith.simulate._record",
    "Report": "rowsmith.engine.judge",
    "Risk": "rowsmith.engine.risk",
    "RiskChange": "rowsmith.engine.risk",
    "Round": "rowsmith.augment.round",
    "RowsmithError": "rowsmith.core.errors",
    "Schema": "rowsmith.core.schema",
    "SchemaDrift": "rowsmith.augment.schema_drift",
    "SensorFault": "rowsmith.augment.sensor_fault",
    "SequenceModel": "rowsmith.engine.sequence",
    "Sheet": "rowsmith.engine.datasheet",
    "Shift": "rowsmith.augment.shift",
    "ShiftDates": "rowsmith.augment.shift_dates",
    "Smote": "rowsmith.augment.smote",
    "Spec": "rowsmith.spec.model",
    "SpecError": "rowsmith.core.errors",
    "Stale": "rowsmith.augment.stale",
    "Subset": "rowsmith.engine.subset",
    "Swapped": "rowsmith.augment.swapped",
    "Synthesis": "rowsmith.engine.synth",
    "Table": "rowsmith.core.schema",
    "Tails": "rowsmith.augment.tails",
    "Thin": "rowsmith.augment.thin",
    "TopCode": "rowsmith.augment.top_code",
    "Typos": "rowsmith.augment.typos",
    "Undersample": "rowsmith.augment.undersample",
    "Warp": "rowsmith.augment.warp",
    "WindowSlice": "rowsmith.augment.window_slice",
    "augment": "rowsmith.engine.augment",
    "augment_file": "rowsmith.engine.augment_file",
    "World": "rowsmith.simulate._world",
    "compare": "rowsmith.engine.judge",
    "datasheet": "rowsmith.engine.datasheet",
    "draft": "rowsmith.engine.draft",
    "evaluate": "rowsmith.engine.judge",
    "fit": "rowsmith.engine.front",
    "impute": "rowsmith.engine.impute",
    "inspect": "rowsmith.engine.front",
    "load": "rowsmith.engine.load",
    "make": "rowsmith.engine.make",
    "monte_carlo": "rowsmith.engine.monte_carlo",
    "profile": "rowsmith.engine.profile",
    "prove": "rowsmith.engine.prove",
    "read_spec": "rowsmith.engine.make",
    "risk": "rowsmith.engine.risk",
    "risk_change": "rowsmith.engine.risk",
    "simulate": "rowsmith.engine.simulate",
    "subset": "rowsmith.engine.subset",
    "subset_to": "rowsmith.engine.subset",
    "synth": "rowsmith.engine.synth",
    "verify": "rowsmith.engine.verify",
}

__all__ = [
    "Anonymise",
    "Augmented",
    "Balance",
    "BasketModel",
    "Bootstrap",
    "Column",
    "Comparison",
    "Corrupt",
    "CutMix",
    "DataError",
    "DatabaseModel",
    "Dropout",
    "Emitted",
    "Field",
    "FileAugmented",
    "Flip",
    "ForeignKey",
    "FrequencyMask",
    "Gaps",
    "Generalise",
    "Imputed",
    "Jitter",
    "Made",
    "Microaggregate",
    "Mixup",
    "Model",
    "ModelFileError",
    "Noise",
    "Orphans",
    "Outcomes",
    "OutputError",
    "Oversample",
    "Param",
    "Permute",
    "Pram",
    "Profiled",
    "Proof",
    "Pseudonym",
    "RankSwap",
    "Record",
    "Redact",
    "Remainder",
    "Repair",
    "Report",
    "Risk",
    "RiskChange",
    "Round",
    "RowsmithError",
    "Schema",
    "SchemaDrift",
    "SensorFault",
    "SequenceModel",
    "Sheet",
    "Shift",
    "ShiftDates",
    "Smote",
    "Spec",
    "SpecError",
    "Stale",
    "Subset",
    "Swapped",
    "Synthesis",
    "Table",
    "Tails",
    "Thin",
    "TopCode",
    "Typos",
    "Undersample",
    "Warp",
    "WindowSlice",
    "World",
    "augment",
    "augment_file",
    "compare",
    "datasheet",
    "draft",
    "evaluate",
    "fit",
    "impute",
    "inspect",
    "load",
    "make",
    "monte_carlo",
    "profile",
    "prove",
    "read_spec",
    "risk",
    "risk_change",
    "simulate",
    "subset",
    "subset_to",
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
