"""The sample of a model: which objects it must find on its own picture, and whether it still does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellwright.core import ModelNotUsable, Objects
from cellwright.core.atomic import replacing

IOU_NEEDED = 0.85
"""A found box must overlap its expected one by this much; in bf16 edges move by a pixel, of platelets too."""
SCORE_TOLERANCE = 0.08
"""A found score may differ from its expected one by this much; bf16 keeps three digits, calibration spreads them."""

Box4 = tuple[float, float, float, float]


class ExpectedObject(BaseModel):
    """One object: class name, calibrated score, box y0, x0, y1, x1 in level-0 pixels."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str
    score: Annotated[float, Field(ge=0.0, le=1.0)]
    box: Box4


class ExpectedObjects(BaseModel):
    """What a model finds on its sample at its default thresholds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    picture_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    objects: tuple[ExpectedObject, ...]


def write_expected(path: Path, objects: Objects, picture_sha256: str, model_sha256: str) -> None:
    """Write what was found on the sample as what must be found from now on.

    Raises
    ------
    OutputNotWritable
        If the file cannot be written.
    """
    rows = tuple(
        ExpectedObject(kind=objects.classes[k], score=round(float(s), 4), box=_rounded(b))
        for k, s, b in zip(objects.class_index, objects.scores, objects.boxes, strict=True)
    )
    expected = ExpectedObjects(picture_sha256=picture_sha256, model_sha256=model_sha256, objects=rows)
    with replacing(path) as part:
        part.write_text(expected.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_expected(path: Path) -> ExpectedObjects:
    """Read what must be found on a sample.

    Raises
    ------
    ModelNotUsable
        If the file is missing or wrong.
    """
    try:
        return ExpectedObjects.model_validate_json(path.read_text(encoding="utf-8"), strict=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotUsable(f"The expected objects {path} cannot be read: {error}.") from error
    except ValidationError as error:
        raise ModelNotUsable(f"The expected objects {path} are not in the form of a sample: {error}.") from error


def sample_problems(expected: ExpectedObjects, found: Objects, thresholds: tuple[float, ...]) -> tuple[str, ...]:
    """Compare what was found with what must be found.

    Expected and found objects are paired by class and overlap. An object may miss its partner only while its score is
    within `SCORE_TOLERANCE` of its class's threshold, where engines may fall on either side.

    Parameters
    ----------
    expected : ExpectedObjects
        What must be found.
    found : Objects
        What was found, at or below `thresholds`.
    thresholds : tuple of float
        Default confidence of each class, in class order.

    Returns
    -------
    tuple of str
        What differs, in sentences; empty when nothing does.
    """
    cut = dict(zip(found.classes, thresholds, strict=True))
    kept = found.at_least(thresholds)
    free = np.ones(len(kept), bool)
    problems: list[str] = []
    for want in expected.objects:
        overlap = _overlaps(np.asarray(want.box), kept.boxes)
        same = free & (np.asarray([kept.classes[k] == want.kind for k in kept.class_index], bool))
        best = int(np.argmax(np.where(same, overlap, -1.0))) if len(kept) else -1
        if best < 0 or not same[best] or overlap[best] < IOU_NEEDED:
            if want.score >= cut.get(want.kind, 0.0) + SCORE_TOLERANCE:
                problems.append(f"The {want.kind} at {want.box} (score {want.score}) was not found.")
            continue
        free[best] = False
        if abs(float(kept.scores[best]) - want.score) > SCORE_TOLERANCE:
            problems.append(f"The {want.kind} at {want.box} scored {kept.scores[best]:.3f}, not {want.score}.")
    for row in np.flatnonzero(free):
        kind = kept.classes[kept.class_index[row]]
        if kept.scores[row] >= cut[kind] + SCORE_TOLERANCE:
            problems.append(f"A {kind} was found at {_rounded(kept.boxes[row])} that is not expected.")
    return tuple(problems)


def _rounded(box: NDArray[np.float32]) -> Box4:
    y0, x0, y1, x1 = (round(float(v), 2) for v in box)
    return (y0, x0, y1, x1)


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)
