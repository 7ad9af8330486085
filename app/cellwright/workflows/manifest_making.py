"""From analyses and the files written of them to a `Manifest`."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import cellwright
from cellwright.core import BadParameter, CellwrightError, Objects, PixelSize
from cellwright.export import read_table
from cellwright.jobs import Progress
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.manifest import (
    AskedEntry,
    FileEntry,
    FoundEntry,
    Manifest,
    MeasureEntry,
    ModelEntry,
    PictureEntry,
    PixelEntry,
    ProjectEntry,
    SizeEntry,
    relative_to,
)
from cellwright.workflows.tables import Thresholds
from cellwright.zoo import ModelCard, file_sha256, find_model

if TYPE_CHECKING:
    from cellwright.imaging import Slide

# What decides about pixels and objects; the rest of what is installed does not.
_LIBRARIES = ("numpy", "torch", "torchvision", "openvino", "numba", "scikit-image", "pillow", "tifffile", "imagecodecs")


_COLUMNS_OF = frozenset({".csv", ".parquet"})
_LARGEST_TABLE = 256 << 20


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a manifest says beside the analyses.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    formats : tuple of str
        Values of `ExportFormat`.
    measured : tuple of str
        Sets of measurements that were asked for.
    with_pictures : bool
        Whether copies of the pictures were asked for.
    project : Path or None
        The project that the objects come from.
    options : MeasureOptions
        How measurements were taken.
    models : tuple of str or Path
        Where the models stand, detector first, of analyses that do not say how they were asked.
    """

    thresholds: Thresholds = None
    formats: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    with_pictures: bool = False
    project: Path | None = None
    options: MeasureOptions = field(default_factory=MeasureOptions)
    models: tuple[str | Path, ...] = ()


def make_manifest(
    folder: Path, analyses: Sequence[Analysis], written: Iterable[Path], about: Circumstances
) -> Generator[Progress, None, Manifest]:
    """Hash pictures, models and files, and return the manifest that is to stand in `folder`.

    Raises
    ------
    SlideNotReadable
        If a picture is gone or can no longer be decoded.
    """
    pictures: tuple[PictureEntry, ...] = ()
    for analysis in analyses:
        pictures += ((yield from _picture(folder, analysis, about.thresholds)),)
    yield Progress(0, 0, "Taking the fingerprints of the files")
    first = analyses[0]
    limits = first.default_thresholds if about.thresholds is None else about.thresholds
    of_class = np.broadcast_to(np.asarray(limits, np.float64), (len(first.objects.classes),))
    return Manifest(
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        models=_models(folder, analyses, about.models),
        pictures=pictures,
        classes=first.objects.classes,
        confidence=tuple(of_class.tolist()),
        measured=about.measured,
        measure_options=MeasureEntry.of(about.options) if about.measured or first.kept else None,
        keep=first.kept,
        formats=about.formats,
        with_pictures=about.with_pictures,
        project=None if about.project is None else _project(folder, about.project),
        files=tuple(_file(folder, path) for path in files_in(written)),
    )


def versions() -> dict[str, str]:
    """Return the versions of what decides about pixels and objects; what is not installed is left out."""
    found = {"cellwright": cellwright.__version__, "python": platform.python_version()}
    found |= {"system": platform.platform(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def objects_sha256(objects: Objects) -> str:
    """Return the SHA-256 of objects: ids, boxes, classes, scores and, where there are any, masks, little-endian.

    Rows are sorted by id, so that their order makes no difference.
    """
    order = np.argsort(np.frombuffer(objects.ids.tobytes(), "S16"), kind="stable") if len(objects) else slice(None)
    rows = objects.take(np.asarray(order, np.intp)) if len(objects) else objects
    digest = hashlib.sha256("\0".join(objects.classes).encode("utf-8"))
    for values, kind in ((rows.ids, "V16"), (rows.boxes, "<f4"), (rows.class_index, "<i2"), (rows.scores, "<f4")):
        digest.update(np.ascontiguousarray(values, kind).tobytes())
    if rows.masks is not None:
        digest.update(np.ascontiguousarray(rows.masks.starts, "<i8").tobytes())
        digest.update(np.ascontiguousarray(rows.masks.spans, "<i4").tobytes())
    return digest.hexdigest()


def card_sha256(card: ModelCard) -> str:
    """Return the SHA-256 of a card as it is written."""
    return hashlib.sha256(card.to_json().encode("utf-8")).hexdigest()


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files among some paths and inside those that are folders, each once and sorted."""
    found = set()
    for path in paths:
        found |= {inner for inner in path.rglob("*") if inner.is_file()} if path.is_dir() else {path}
    return sorted(found)


def column_hashes(path: Path, size: int) -> dict[str, str]:
    """Return the SHA-256 of every column of a table; none where a file is no table, or too large to be read again.

    Hashed are the cells as Python writes them, each followed by a line feed.
    """
    if path.suffix not in _COLUMNS_OF or size > _LARGEST_TABLE:
        return {}
    try:
        table = read_table(path)
    except BadParameter:  # some other table
        return {}
    return {column.name: _hash_of(column.cells()) for column in table.columns}


def _hash_of(cells: Iterable[object]) -> str:
    return hashlib.sha256("".join(f"{cell!r}\n" for cell in cells).encode("utf-8", "surrogatepass")).hexdigest()


def pixels_of(slide: Slide, said: str) -> Generator[Progress, None, PixelEntry]:
    """Take the fingerprint of the plane that a slide shows, with reports."""
    from cellwright.imaging import pixel_digest

    steps = pixel_digest(slide)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            found = end.value
            return PixelEntry(
                sha256=found.sha256, shape=found.shape, dtype=found.dtype, tile_px=found.tile_px, tiles=found.tiles
            )
        yield Progress(done, total, said)


def _picture(folder: Path, analysis: Analysis, thresholds: Thresholds) -> Generator[Progress, None, PictureEntry]:
    picture = analysis.picture
    ref = picture.ref
    with ref.open() as slide:
        pixels = yield from pixels_of(slide, f"Taking the fingerprint of {picture.name}")
    counted = analysis.counted(thresholds)
    confirmed = 0 if analysis.confirmed is None else int(analysis.confirmed.sum())
    return PictureEntry(
        name=picture.name,
        path=relative_to(folder, picture.path) if picture.path.is_file() or picture.path.is_dir() else "",
        series=ref.series,
        z=ref.z,
        t=ref.t,
        channels=ref.channels,
        sha256=picture.sha256,
        pixels=pixels,
        pixel_size=_size(picture.pixel_size, picture.pixel_size_note),
        model=analysis.parts[0].model_hash if analysis.parts else analysis.model_hash,
        asked=_asked(analysis),
        found=FoundEntry(
            counted=dict(zip(counted.classes, counted.counts().tolist(), strict=True)),
            confirmed=confirmed,
            sha256=objects_sha256(counted),
            complete=analysis.is_complete,
            coverage=analysis.coverage.sentence(),
            device=analysis.device,
            engine=analysis.engine,
            covered_px=analysis.coverage.covered_px,
        ),
    )


def _asked(analysis: Analysis) -> AskedEntry | None:
    asked = analysis.asked
    if asked is None:
        return None
    return AskedEntry(
        device=asked.device,
        pixel_size=_size(asked.pixel_size),
        floor=asked.floor,
        every_class=asked.every_class,
        object_px=asked.object_px,
        augment=asked.augment,
        scales=asked.scales,
        nms_iou=asked.nms_iou,
        classify=analysis.parts[1].model_hash if analysis.parts else "",
    )


def _size(size: PixelSize | None, note: str = "") -> SizeEntry | None:
    return None if size is None else SizeEntry(y_um=size.y_um, x_um=size.x_um, source=size.source, note=note)


def _models(folder: Path, analyses: Sequence[Analysis], stood: tuple[str | Path, ...]) -> tuple[ModelEntry, ...]:
    """Return every model once; of a cascade both."""
    found: dict[str, ModelEntry] = {}
    for analysis in analyses:
        asked = stood if analysis.asked is None else (analysis.asked.model, analysis.asked.classify)
        for place, card in enumerate(analysis.parts or (analysis.card,)):
            if card.model_hash not in found:
                found[card.model_hash] = ModelEntry(
                    name=card.name,
                    path=_model_path(folder, card, asked[place] if place < len(asked) else None),
                    sha256=card.model_hash,
                    card_sha256=card_sha256(card),
                )
    return tuple(found.values())


def _model_path(folder: Path, card: ModelCard, asked: str | Path | None) -> str:
    """Return where a model stands that is not found on the shelf by its name alone."""
    if asked is None:
        return ""
    try:
        used = find_model(asked).resolve()
    except CellwrightError:
        return ""
    try:
        if find_model(card.name).resolve() == used:
            return ""
    except CellwrightError:  # not on the shelf
        pass
    return relative_to(folder, used)


def _project(folder: Path, project: Path) -> ProjectEntry:
    from cellwright.project import journal_head

    head = journal_head(project)
    return ProjectEntry(path=relative_to(folder, project), entry=head.entry, sha256=head.sha256)


def _file(folder: Path, path: Path) -> FileEntry:
    size = path.stat().st_size
    return FileEntry(
        path=relative_to(folder, path), sha256=file_sha256(path), bytes=size, columns=column_hashes(path, size)
    )
