"""`JudgedSet`: which model was judged on which labelled pictures; what every evaluation says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellwright.datasets import ImportReport
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JudgedSet:
    """What came of judging a model, before the scores.

    Parameters
    ----------
    card : ModelCard
        The model.
    data : Path
        The labelled set.
    split : str or None
        Which part of it; None for all.
    report : ImportReport
        What was left out when the set was read.
    left_out : tuple of LeftOut
        Pictures that could not be judged; they are in no score.
    seconds : float
        Of the whole.
    """

    card: ModelCard
    data: Path
    split: str | None
    report: ImportReport
    left_out: tuple[LeftOut, ...]
    seconds: float

    def asked(self) -> dict[str, object]:
        """Return what was judged as values that JSON knows."""
        return {
            "model": {"name": self.card.name, "sha256": self.card.model_hash},
            "data": str(self.data),
            "split": self.split,
        }

    def account(self) -> dict[str, object]:
        """Return what is in no score, and how long it took, as values that JSON knows."""
        return {
            "import": self.report.to_dict(),
            "left_out": [left.to_dict() for left in self.left_out],
            "seconds": round(self.seconds, 3),
        }
