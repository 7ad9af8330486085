"""`Manifest`: what results were made from and with, as a file whose bytes follow from its values (RFC 8785)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.core.atomic import replacing
from cellwright.core.canonical import canonical_json
from cellwright.measure import MeasureOptions

MANIFEST = "manifest.json"
"""Name of the file beside the results."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Part):
    """A file that was written.

    Attributes
    ----------
    path : str
        From the manifest's folder, with forward slashes.
    sha256 : str
    bytes : int
    columns : dict
        Of tables as CSV or Parquet: the SHA-256 of every column, so that it can be said which one was changed.
    """

    path: str
    sha256: str
    bytes: int
    columns: dict[str, str] = {}


class PixelEntry(_Part):
    """Decoded pixels; see `cellwright.imaging.PixelDigest`."""

    sha256: str
    shape: tuple[int, int, int]
    dtype: str
    tile_px: int
    tiles: tuple[str, ...] = ()


class SizeEntry(_Part):
    """Size of a pixel in µm, who said so, and where."""

    y_um: float
    x_um: float
    source: PixelSizeSource
    note: str = ""

    def value(self) -> PixelSize:
        """Return it as the program knows it."""
        return PixelSize(self.y_um, self.x_um, self.source)


class AskedEntry(_Part):
    """How the model was asked; see `Asked`. ``classify`` is the SHA-256 of the classifier that told apart, or empty."""

    device: str
    pixel_size: SizeEntry | None = None
    floor: float | None = None
    every_class: bool = False
    object_px: float | None = None
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    nms_iou: float | None = None
    classify: str = ""


class FoundEntry(_Part):
    """What a model found.

    Attributes
    ----------
    counted : dict
        Objects that count, by class.
    confirmed : int
        How many of all objects a person drew, corrected or accepted.
    sha256 : str
        Of the objects that count, see `cellwright.workflows.manifest_making.objects_sha256`.
    complete : bool
        Whether every tile was analysed.
    coverage : str
        What was analysed and what is missing, in a sentence.
    device, engine : str
        What it ran on.
    covered_px : float or None
        Pixels that were looked at; None in manifests from before this was written down.
    """

    counted: dict[str, int]
    confirmed: int
    sha256: str
    complete: bool
    coverage: str
    device: str
    engine: str
    covered_px: float | None = None


class MeasureEntry(_Part):
    """How measurements were taken; see `cellwright.measure.MeasureOptions`."""

    ring: float
    radius: float
    levels: int
    blank: float | None = None

    @staticmethod
    def of(options: MeasureOptions) -> MeasureEntry:
        """Return options as they are written down."""
        return MeasureEntry(ring=options.ring, radius=options.radius, levels=options.levels, blank=options.blank)

    def value(self) -> MeasureOptions:
        """Return them as the program knows them; raises `BadParameter` for numbers that cannot be."""
        return MeasureOptions(self.ring, self.radius, self.levels, self.blank)


class PictureEntry(_Part):
    """One analysed picture.

    Attributes
    ----------
    name : str
        As in the tables.
    path : str
        From the manifest's folder, with forward slashes; empty where there is no file.
    series, z, t, channels
        Which part of the file, see `cellwright.imaging.SlideRef`.
    sha256 : str
        Of the file's bytes, or of the values of a picture in memory.
    pixels : PixelEntry
    pixel_size : SizeEntry or None
    model : str
        SHA-256 of the weights, as under `Manifest.models`.
    asked : AskedEntry or None
        None where it is not known, so that the analysis cannot be repeated from here.
    found : FoundEntry
    """

    name: str
    path: str
    series: int = 0
    z: int | None = None
    t: int | None = None
    channels: tuple[int, ...] | None = None
    sha256: str
    pixels: PixelEntry
    pixel_size: SizeEntry | None = None
    model: str
    asked: AskedEntry | None = None
    found: FoundEntry


class ModelEntry(_Part):
    """A model: its name, its folder where it is not on the shelf, and the SHA-256 of its weights and its card."""

    name: str
    path: str = ""
    sha256: str
    card_sha256: str


class ProjectEntry(_Part):
    """Where the journal of the project stood; see `cellwright.project.JournalHead`."""

    path: str
    entry: int
    sha256: str


class Manifest(_Part):
    """What results were made from and with.

    Attributes
    ----------
    manifest : int
        Version of this form.
    written : str
        When, in UTC.
    versions : dict
        Of the program, of Python, of libraries that decide about pixels or objects, and the system.
    models, pictures : tuple
    classes : tuple of str
        In the order of `confidence`.
    confidence : tuple of float
        Least score that counts, by class.
    measured : tuple of str
        Sets of measurements that were asked for.
    measure_options : MeasureEntry or None
        How they were taken; None where nothing was measured.
    keep : str
        The filter that objects had to meet, besides their score; empty for none.
    formats : tuple of str
        Values of `ExportFormat`.
    with_pictures : bool
        Whether copies of the pictures were asked for.
    seed : int or None
        Of what was left to chance; None where nothing was, as in every analysis today.
    project : ProjectEntry or None
    files : tuple of FileEntry
    """

    manifest: Literal[1] = 1
    written: str
    versions: dict[str, str]
    models: tuple[ModelEntry, ...]
    pictures: tuple[PictureEntry, ...]
    classes: tuple[str, ...]
    confidence: tuple[float, ...]
    measured: tuple[str, ...] = ()
    measure_options: MeasureEntry | None = None
    keep: str = ""
    formats: tuple[str, ...]
    with_pictures: bool = False
    seed: int | None = None
    project: ProjectEntry | None = None
    files: tuple[FileEntry, ...]

    def to_bytes(self) -> bytes:
        """Return the one form in which these values are written."""
        return canonical_json(self.model_dump(mode="json"))


def write_manifest_file(path: Path, manifest: Manifest, *, overwrite: bool = False) -> Path:
    """Write a manifest.

    Raises
    ------
    OutputExists, OutputNotWritable
        If the file is there and `overwrite` is false, or it cannot be written.
    """
    with replacing(path, overwrite=overwrite) as part:
        part.write_bytes(manifest.to_bytes())
    return path


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    BadParameter
        If it is missing or no manifest; in one sentence.
    """
    try:
        content: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise BadParameter(f"{path} cannot be read ({error.strerror}); name the manifest.json of an export.") from error
    except ValueError as error:
        raise BadParameter(f"{path} is no JSON: {error}. Take the manifest as it was written.") from error
    if not isinstance(content, dict) or "manifest" not in content:
        raise BadParameter(f"{path} is no manifest of Cellwright; name the manifest.json of an export.")
    if content["manifest"] != 1:
        raise BadParameter(f"{path} is a manifest of a newer Cellwright; update the program.")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise BadParameter(f"{path} is no whole manifest: {first_problem(error)}.") from error


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong, as ``"scales.0 must be above 0"``, for one sentence."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        return f"nobody knows the key {place!r}"
    if first["type"] == "missing":
        return f"{place!r} is missing"
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{place}: {said[:1].lower()}{said[1:]}"


def relative_to(folder: Path, path: Path) -> str:
    """Return a path as seen from a folder, with forward slashes; absolute where they share no drive."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()
