"""How the training of a network went: plain data that a model keeps and a report draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable


@dataclass(frozen=True)
class Curves:
    """Losses while a network was trained.

    Attributes:
        step: after which steps they were taken, rising.
        losses: by name, one value for each of these steps: `training`, the mean over the steps since the one before, and
            `validation`, of rows that are not learnt from; or those of the learner's own.
        kept: the step of which the weights were kept.
        stopped: whether training ended early, as rows held out showed no more gain or the loss was no number any more.
    """

    step: tuple[int, ...]
    losses: Mapping[str, tuple[float, ...]]
    kept: int
    stopped: bool

    @property
    def said(self) -> str:
        """In one clause.

        >>> Curves((50, 100), {"validation": (2.5, 2.25)}, 100, False).said
        '100 steps, the best after 100 with a loss of 2.25 on rows held out'
        """
        steps = f"{self.step[-1] if self.step else 0:,} steps"
        if self.kept not in self.step or "validation" not in self.losses:
            return steps
        loss = self.losses["validation"][self.step.index(self.kept)]
        ended = " (ended early, as it gained no more)" if self.stopped else ""
        return f"{steps}{ended}, the best after {self.kept:,} with a loss of {loss:.4g} on rows held out"

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        losses = {name: list(values) for name, values in self.losses.items()}
        return {"step": list(self.step), "losses": losses, "kept": self.kept, "stopped": self.stopped}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            ValueError: the losses are not of these steps. `KeyError` and `TypeError` for other damage.
        """
        step = tuple(map(int, document["step"]))
        losses = {str(name): tuple(map(float, values)) for name, values in document["losses"].items()}
        if any(len(values) != len(step) for values in losses.values()):
            raise ValueError("loss curves of another length than their steps")
        return cls(step, losses, int(document["kept"]), bool(document["stopped"]))


@runtime_checkable
class Trained(Protocol):
    """What was fitted by training a network."""

    @property
    def curves(self) -> Curves:
        """How that went."""
        ...
