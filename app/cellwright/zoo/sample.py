"""The sample of a model: which objects it must find on its own picture, and whether it still does.

What must be found is a JSON file; where objects are outlined, their spans stand beside it in a file of the same name
with the suffix ``.npz``: ``starts`` and ``spans`` as in `core.Masks`, readable with numpy alone.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellwright.core import BadParameter, Masks, ModelNotUsable, Objects
from cellwright.core.atomic import replacing

IOU_NEEDED = 0.85
"""A found box must overlap its expected one by this much; in bf16 edges move by a pixel, of platelets too."""
MASK_IOU_NEEDED = 0.8
"""The same for outlines, of small objects most pixels of which lie at the edge."""
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
    outlined: bool = False


def write_expected(path: Path, objects: Objects, picture_sha256: str, model_sha256: str) -> None:
    """Write what was found on the sample as what must be found from now on; outlines go beside it.

    Raises
    ------
    OutputNotWritable
        If the file cannot be written.
    """
    rows = tuple(
        ExpectedObject(kind=objects.classes[k], score=round(float(s), 4), box=_rounded(b))
        for k, s, b in zip(objects.class_index, objects.scores, objects.boxes, strict=True)
    )
    masks = objects.masks
    expected = ExpectedObjects(
        picture_sha256=picture_sha256, model_sha256=model_sha256, objects=rows, outlined=masks is not None
    )
    if masks is not None:
        with replacing(_masks_file(path)) as part, part.open("wb") as stream:
            np.savez_compressed(stream, starts=masks.starts, spans=masks.spans)
    with replacing(path) as part:
        part.write_text(expected.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_expected_masks(path: Path, expected: ExpectedObjects) -> Masks | None:
    """Read the outlines beside what must be found; None where only boxes are expected.

    Raises
    ------
    ModelNotUsable
        If the file is missing or wrong, or holds other objects.
    """
    if not expected.outlined:
        return None
    file = _masks_file(path)
    try:
        with np.load(file, allow_pickle=False) as stored:
            masks = Masks(stored["starts"], stored["spans"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, BadParameter) as error:
        raise ModelNotUsable(f"The expected outlines {file} cannot be read: {error}. Copy the model again.") from error
    if len(masks) != len(expected.objects):
        raise ModelNotUsable(f"{file} holds {len(masks)} outlines for {len(expected.objects)} expected objects.")
    return masks


def _masks_file(path: Path) -> Path:
    return path.with_suffix(".npz")


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


def sample_problems(
    expected: ExpectedObjects, found: Objects, thresholds: tuple[float, ...], masks: Masks | None = None
) -> tuple[str, ...]:
    """Compare what was found with what must be found.

    Expected and found objects are paired by class and overlap, of their pixels where they are outlined. An object may
    miss its partner only while its score is within `SCORE_TOLERANCE` of its class's threshold, where engines may fall
    on either side.

    Parameters
    ----------
    expected : ExpectedObjects
        What must be found.
    found : Objects
        What was found, at or below `thresholds`.
    thresholds : tuple of float
        Default confidence of each class, in class order.
    masks : Masks, optional
        Outlines of the expected objects.

    Returns
    -------
    tuple of str
        What differs, in sentences; empty when nothing does.
    """
    cut = dict(zip(found.classes, thresholds, strict=True))
    kept = found.at_least(thresholds)
    free = np.ones(len(kept), bool)
    problems: list[str] = []
    if masks is not None and kept.masks is None:
        return ("Outlines are expected, but none were found.",)
    needed = IOU_NEEDED if masks is None else MASK_IOU_NEEDED
    rows = _box_overlaps(expected, kept) if masks is None else _mask_overlaps(masks, kept.masks or Masks.empty())
    for want, overlap in zip(expected.objects, rows, strict=True):
        same = free & (np.asarray([kept.classes[k] == want.kind for k in kept.class_index], bool))
        best = int(np.argmax(np.where(same, overlap, -1.0))) if len(kept) else -1
        if best < 0 or not same[best] or overlap[best] < needed:
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


def _box_overlaps(expected: ExpectedObjects, found: Objects) -> list[NDArray[np.float64]]:
    return [_overlaps(np.asarray(want.box), found.boxes) for want in expected.objects]


def _mask_overlaps(expected: Masks, found: Masks) -> NDArray[np.float64]:
    """(N, M): intersection over union of the pixels of each pair."""
    from cellwright.shapes import intersections

    pairs, pixels = intersections(expected, found)
    iou = np.zeros((len(expected), len(found)))
    union = expected.areas()[pairs[:, 0]] + found.areas()[pairs[:, 1]] - pixels
    iou[pairs[:, 0], pairs[:, 1]] = pixels / np.maximum(union, 1)
    return iou


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)
