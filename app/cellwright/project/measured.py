"""What was measured on the pictures of a project, kept beside its database: a file a picture, in numpy's npz format.

Measurements follow from pictures and objects and can be taken again at any time, so that they are no part of the
journal, and a file that is damaged or gone costs nothing but that time.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cellwright.core.atomic import replacing

MEASURED = "measured"
"""The folder inside a project's."""

_FORMAT = "cellwright measured 1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class KeptColumn:
    """One measurement of K objects.

    Parameters
    ----------
    name, unit, description : str
        As in every table.
    key : str
        The name without its unit.
    group : str
        Name of the set of measurements.
    decimals : int
        Digits after the point that mean something.
    with_others : bool
        Whether values depend on other objects too, so that they hold only while all of them are as they were.
    values : (K,) ndarray of float64
        NaN where there is none.
    """

    name: str
    unit: str
    description: str
    key: str
    group: str
    decimals: int
    with_others: bool
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class KeptMeasurements:
    """What was measured on K objects of a picture.

    Parameters
    ----------
    basis : mapping of str to str
        What else than the objects it was measured from: picture, pixel size, options, versions.
    asked : tuple of str
        What was to be measured.
    ids : (K, 16) ndarray of uint8
        The objects' stable ids.
    marks : (K,) ndarray of uint64
        Of each the number of its box and outline then, see `cellwright.shapes.outline_marks`.
    columns : tuple of KeptColumn
        What was found.
    """

    basis: Mapping[str, str]
    asked: tuple[str, ...]
    ids: NDArray[np.uint8]
    marks: NDArray[np.uint64]
    columns: tuple[KeptColumn, ...]


class _ColumnRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    unit: str
    description: str
    key: str
    group: str
    decimals: int
    with_others: bool


class _About(BaseModel):
    """What stands beside the numbers in a file."""

    model_config = ConfigDict(extra="forbid")

    format: str
    basis: dict[str, str]
    asked: list[str]
    columns: list[_ColumnRecord]


def measured_path(folder: Path, picture_id: int) -> Path:
    """Return where the measurements of a picture of a project lie."""
    return folder / MEASURED / f"{picture_id}.npz"


def write_measured(folder: Path, picture_id: int, kept: KeptMeasurements) -> Path:
    """Keep what was measured on a picture in place of what was kept before, whole or not at all.

    Raises
    ------
    OutputNotWritable
        If there is no room or the folder may not be written to.
    """
    records = [
        _ColumnRecord(**{name: getattr(each, name) for name in _ColumnRecord.model_fields}) for each in kept.columns
    ]
    about = _About(format=_FORMAT, basis=dict(kept.basis), asked=list(kept.asked), columns=records)
    path = measured_path(folder, picture_id)
    with replacing(path) as part, part.open("wb") as stream:
        np.savez(
            stream,
            about=np.frombuffer(about.model_dump_json().encode(), np.uint8),
            ids=kept.ids,
            marks=kept.marks,
            values=_side_by_side(kept.columns, len(kept.marks)),
        )
    return path


def read_measured(folder: Path, picture_id: int) -> KeptMeasurements | None:
    """Return what is kept of a picture; None where nothing is, or what is there cannot be understood."""
    path = measured_path(folder, picture_id)
    if not path.is_file():
        return None
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, ValidationError) as error:
        _log.warning("%s is left aside, and its cells are measured again: %s", path, error)
        return None


def _read(path: Path) -> KeptMeasurements:
    # opened here, since numpy leaves a file open that turns out to be none of its own
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        about = _About.model_validate_json(file["about"].tobytes())
        ids, marks, values = file["ids"], file["marks"], file["values"]
    k = len(marks)
    if about.format != _FORMAT:
        raise ValueError(f"its format is {about.format!r}")
    if ids.shape != (k, 16) or ids.dtype != np.uint8 or marks.dtype != np.uint64 or values.dtype != np.float64:
        raise ValueError("its ids, marks and values are of other kinds")
    if values.shape != (len(about.columns), k):
        raise ValueError(f"it has {values.shape} values for {len(about.columns)} columns and {k} objects")
    columns = tuple(KeptColumn(**each.model_dump(), values=values[number]) for number, each in enumerate(about.columns))
    return KeptMeasurements(about.basis, tuple(about.asked), ids, marks, columns)


def _side_by_side(columns: Sequence[KeptColumn], k: int) -> NDArray[np.float64]:
    return np.stack([each.values for each in columns]) if columns else np.empty((0, k))
