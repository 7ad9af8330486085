"""`OutlineEvaluation`: how good a model's outlines or classes of pixels are; by class, by kind and by picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.evaluate import DetectionScores, InstanceScores, PixelScores
from cellwright.evaluate.ratios import mean, plain
from cellwright.workflows.judged_set import JudgedSet

WORST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PictureOutline:
    """How one picture went.

    Parameters
    ----------
    path, kind
        Which picture, and of what kind.
    score : float
        What pictures are ranked by: TP / (TP + FP + FN) at an overlap of 0.5 for objects, the mean Dice of the classes
        for pixels; NaN where there is nothing to score.
    values : dict of str to float
        Everything that is known about it.
    """

    path: Path
    kind: str
    score: float
    values: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Return it as values that JSON knows."""
        values = {name: plain(value) for name, value in self.values.items()}
        return {"path": str(self.path), "kind": self.kind, "score": plain(self.score), **values}


@dataclass(frozen=True, slots=True, eq=False)
class OutlineScores:
    """The scores of some pictures, all or those of a kind.

    Parameters
    ----------
    paths, kinds : tuple
        Of each picture.
    pixels : PixelScores
        Accuracy, IoU and Dice of the classes.
    objects : InstanceScores or None
        Of the outlines of all objects, whatever their class; None for a model that sorts pixels.
    by_class : tuple of InstanceScores
        The same for the objects of each class.
    ratios : (P, 2) ndarray of float64 or None
        True and found cardiothoracic ratio of each picture, NaN where it cannot be measured; None for other models.
    """

    paths: tuple[Path, ...]
    kinds: tuple[str, ...]
    pixels: PixelScores
    objects: InstanceScores | None
    by_class: tuple[InstanceScores, ...]
    ratios: NDArray[np.float64] | None

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: NDArray[np.intp]) -> OutlineScores:
        """Return the scores of the pictures that an index array picks."""
        return OutlineScores(
            tuple(self.paths[i] for i in rows),
            tuple(self.kinds[i] for i in rows),
            self.pixels.take(rows),
            None if self.objects is None else self.objects.take(rows),
            tuple(part.take(rows) for part in self.by_class),
            None if self.ratios is None else self.ratios[rows],
        )

    def by_kind(self) -> dict[str, OutlineScores]:
        """Return the scores of each kind of picture; none where nobody says a kind."""
        names = sorted(set(self.kinds) - {""})
        return {name: self.take(np.flatnonzero(np.array(self.kinds) == name)) for name in names}

    @property
    def ratio_error(self) -> float:
        """Mean absolute error of the cardiothoracic ratio over the pictures where both can be measured; else NaN."""
        return float("nan") if self.ratios is None else float(mean(np.abs(self.ratios[:, 1] - self.ratios[:, 0])))

    @property
    def ratios_missing(self) -> int:
        """On how many pictures the true ratio can be measured and the found one cannot."""
        if self.ratios is None:
            return 0
        return int((~np.isnan(self.ratios[:, 0]) & np.isnan(self.ratios[:, 1])).sum())

    def pictures(self) -> list[PictureOutline]:
        """Return how each picture went."""
        score = self.pixels.picture_dice.T if self.objects is None else self.objects.picture_ap[:, :1].T
        ranked = mean(score)
        return [
            PictureOutline(path, kind, float(ranked[i]), self._values(i))
            for i, (path, kind) in enumerate(zip(self.paths, self.kinds, strict=True))
        ]

    def _values(self, i: int) -> dict[str, float]:
        dice = {f"dice_{name}": float(self.pixels.picture_dice[i, c]) for c, name in enumerate(self.pixels.classes)}
        values: dict[str, float] = {}
        if self.objects is not None:
            every = self.objects
            values = {
                "true": float(every.true[i]),
                "found": float(every.found[i]),
                "right": float(every.matched[i, 0]),
                "ap_50": float(every.picture_ap[i, 0]),
                "ap_50_90": every.over(every.picture_ap[i]),
                "f1_50": float(every.picture_f1[i, 0]),
                "pq": float(every.picture_pq[i, 0]),
                "aji": float(every.picture_aji[i]),
            }
        if self.ratios is not None:
            values |= {"ctr_true": float(self.ratios[i, 0]), "ctr_found": float(self.ratios[i, 1])}
        return values | dice

    def to_dict(self) -> dict[str, object]:
        """Return the scores as values that JSON knows."""
        made: dict[str, object] = {"pictures": len(self), "pixels": self.pixels.to_dict()}
        if self.objects is not None:
            made["objects"] = self.objects.to_dict()
        if self.ratios is not None:
            made |= {"ctr_mae": plain(self.ratio_error), "ctr_missing": self.ratios_missing}
        return made


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OutlineEvaluation(JudgedSet):
    """What came of judging a model by its pixels.

    Parameters
    ----------
    scores : OutlineScores
        Of what a person is shown: objects at the model's default thresholds.
    mask_scores : DetectionScores or None
        COCO's average precision of the masks, from the model's floor confidence up.
    card, data, split, report, left_out, seconds
        See `JudgedSet`.
    """

    scores: OutlineScores
    mask_scores: DetectionScores | None

    @property
    def worst(self) -> tuple[PictureOutline, ...]:
        """The pictures with the lowest score, the worst first."""
        scored = [picture for picture in self.scores.pictures() if not np.isnan(picture.score)]
        return tuple(sorted(scored, key=lambda p: p.score)[:WORST_SHOWN])

    def to_dict(self) -> dict[str, object]:
        """Return the evaluation as values that JSON knows."""
        scores = self.scores
        made: dict[str, object] = {
            **self.asked(),
            "task": self.card.task,
            "scores": scores.to_dict(),
            "per_class": self._per_class(),
            "per_kind": {kind: part.to_dict() for kind, part in scores.by_kind().items()},
            "per_picture": [picture.to_dict() for picture in scores.pictures()],
            "worst_pictures": [picture.to_dict() for picture in self.worst],
            **self.account(),
        }
        return made if self.mask_scores is None else made | {"mask_scores": self.mask_scores.to_dict()}

    def _per_class(self) -> dict[str, object]:
        parts: dict[str, object] = {}
        pixels = self.scores.pixels
        for c, name in enumerate(pixels.classes):
            one: dict[str, object] = {
                "iou": plain(pixels.iou[c]),
                "dice": plain(pixels.dice[c]),
                "mean_iou": plain(pixels.mean_iou[c]),
                "mean_dice": plain(pixels.mean_dice[c]),
            }
            if self.scores.by_class:
                one["objects"] = self.scores.by_class[c].to_dict()
            parts[name] = one
        return parts
