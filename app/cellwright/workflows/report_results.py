"""Results that were exported with a manifest, read back so that a report can be made of them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cellwright.core import (
    BadParameter,
    Box,
    CellwrightError,
    Coverage,
    Masks,
    Objects,
    TileRecord,
    TileState,
)
from cellwright.export import Column, Table, read_table
from cellwright.export.table import Cell
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis, PictureInfo
from cellwright.workflows.differences import rows_of_table
from cellwright.workflows.formats import outputs_of_each
from cellwright.workflows.manifest import Manifest, ModelEntry, PictureEntry, read_manifest
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.project_export import coverage_of_share
from cellwright.workflows.report_source import ReportSource
from cellwright.workflows.verifying import find_recorded_model, find_recorded_picture, where_missing
from cellwright.zoo import (
    InputContract,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    file_sha256,
    load_card,
)

_TABLES = ("objects.parquet", "results.sqlite", "objects.h5ad", "objects.csv", "results.xlsx")
_LABELS = ("labels", "ome-tiff")
_COLOURS = ("#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")


def source_of_results(path: Path, *, pictures: Path | None = None, model: str | Path | None = None) -> ReportSource:
    """Return what a folder of results holds, once its table of objects is what the manifest says.

    Parameters
    ----------
    path : Path
        The manifest.
    pictures, model
        Where the pictures are now, and the model; None where they were.

    Raises
    ------
    BadParameter
        If the table of objects is missing or was changed, or no picture is there.
    """
    manifest = read_manifest(path)
    folder = path.absolute().parent
    table = _table(manifest, folder)
    found = {each.sha256: _found(each, folder, model) for each in manifest.models}
    cards = {each.sha256: _card(each, manifest, found) for each in manifest.models}
    analyses: list[Analysis] = []
    left_out, coverage, confirmed = [], [], 0
    for picture in manifest.pictures:
        place = find_recorded_picture(picture, folder, pictures)
        try:
            if place is None:
                raise BadParameter(where_missing(picture))
            analyses.append(_analysis(manifest, picture, place, cards[picture.model], table, folder))
        except CellwrightError as error:
            left_out.append(LeftOut(picture.name, str(error)))
            continue
        coverage.append(picture.found.coverage)
        confirmed += picture.found.confirmed
    if not analyses:
        raise BadParameter(f"No picture of {path} can be shown; {left_out[0].what} {left_out[0].reason}.")
    kept = {(analysis.picture.name, analysis.picture.sha256) for analysis in analyses}
    options = manifest.measure_options
    return ReportSource(
        tuple(analyses),
        manifest.confidence,
        tuple(left_out),
        said=(f"Results written {manifest.written}; their manifest has the SHA-256 {file_sha256(path)}.",),
        measured=manifest.measured,
        options=MeasureOptions() if options is None else options.value(),
        table=_of_pictures(table, kept) if manifest.measured else None,
        keep=manifest.keep,
        coverage=tuple(coverage),
        confirmed=confirmed,
    )


def _table(manifest: Manifest, folder: Path) -> Table:
    """Return the best table of objects that was written, unless it was changed since."""
    written = {file.path: file for file in manifest.files}
    for name in _TABLES:
        if name in written and (folder / name).is_file():
            if file_sha256(folder / name) != written[name].sha256:
                raise BadParameter(
                    f"{folder / name} was changed after it was written, so that a report would vouch for numbers "
                    "nobody found; export again."
                )
            return read_table(folder / name)
    raise BadParameter(f"{folder} holds no table of objects; export again as CSV, XLSX, Parquet, SQLite or h5ad.")


def _found(entry: ModelEntry, folder: Path, said: str | Path | None) -> ModelCard | None:
    """Return the card of a model; None where it is gone, or people drew everything."""
    try:
        card = load_card(find_recorded_model(entry, folder, said))
    except CellwrightError:
        return None
    return card if card.model_hash == entry.sha256 else None


def _card(entry: ModelEntry, manifest: Manifest, found: Mapping[str, ModelCard | None]) -> ModelCard:
    """Return the card of a model with the classes of the results, or what the manifest knows of a model that is gone.

    A classifier adds classes of its own, and a project may have some that no model knows.
    """
    card = found[entry.sha256]
    known = {kind.name: kind for each in found.values() if each is not None for kind in each.classes}
    classes = tuple(
        known.get(name)
        or ObjectClass(name=name, title=name, colour=_COLOURS[i % len(_COLOURS)], badge=name[:1].upper() or "?")
        for i, name in enumerate(manifest.classes)
    )
    limits = Thresholds(confidence=dict(zip(manifest.classes, manifest.confidence, strict=True)))
    if card is not None:
        return card.model_copy(update={"classes": classes, "thresholds": limits})
    return ModelCard(
        name=entry.name,
        title=entry.name,
        architecture={},
        input=InputContract(tile_px=512, halo_px=64),
        classes=classes,
        thresholds=limits,
        weights=WeightsFile(sha256=entry.sha256),
    )


def _analysis(
    manifest: Manifest, picture: PictureEntry, path: Path, card: ModelCard, table: Table, folder: Path
) -> Analysis:
    from cellwright.imaging import SlideRef, content_sha256

    if content_sha256(path) != picture.sha256:
        raise BadParameter(f"{path} is not the picture that was analysed: its bytes differ")
    size, found = picture.pixel_size, picture.found
    rows, columns, _ = picture.pixels.shape
    ref = SlideRef(path, picture.series, picture.z, picture.t, picture.channels)
    known = None if size is None else size.value()
    info = PictureInfo(ref, picture.name, (rows, columns), known, "" if size is None else size.note, picture.sha256)
    objects = _objects(manifest, info, card, table, folder)
    limits = np.array(manifest.confidence, np.float32)
    # What lies below its limit, or has no score, stands in the table because a person confirmed it.
    confirmed = ~(objects.scores >= limits[objects.class_index])
    covered = float(rows * columns) if found.complete and found.covered_px is None else found.covered_px or 0.0
    if found.complete:  # of a part that was asked for, perhaps: nothing of that is missing
        coverage = Coverage((TileRecord(Box(0, 0, rows, columns), TileState.ANALYSED, asked_px=covered),))
    else:
        coverage = coverage_of_share(info.shape, covered / (rows * columns))
    return Analysis(info, card, objects, coverage, found.device, found.engine, 0.0, confirmed=confirmed)


def _objects(manifest: Manifest, info: PictureInfo, card: ModelCard, table: Table, folder: Path) -> Objects:
    rows = rows_of_table(table, info.name, info.sha256)
    chosen = _rows(table, {(info.name, info.sha256)})
    names = {name: index for index, name in enumerate(manifest.classes)}
    return Objects(
        np.frombuffer(b"".join(uuid.UUID(each).bytes for each in rows.ids), "V16"),
        rows.boxes.astype(np.float32),
        np.array([names[each] for each in rows.classes], np.int16),
        rows.scores.astype(np.float32),
        manifest.classes,
        card.source,
        _masks(manifest, info, table, chosen, folder),
    )


def _masks(manifest: Manifest, info: PictureInfo, table: Table, chosen: list[int], folder: Path) -> Masks | None:
    """Return outlines where label images were written too, and their numbers stand in the table."""
    if "label" not in table.header:
        return None
    # the number of a picture is part of the name of its labels where others are called the same
    at = [(each.name, each.sha256) for each in manifest.pictures].index((info.name, info.sha256))
    for kind in _LABELS:
        path = outputs_of_each(Path(), kind, [each.name for each in manifest.pictures])[at]
        inside = [file for file in manifest.files if file.path == path.as_posix()]
        if len(inside) == 1 and file_sha256(folder / inside[0].path) == inside[0].sha256:
            import tifffile

            from cellwright.shapes import masks_from_labels

            masks, values = masks_from_labels(tifffile.imread(folder / inside[0].path))
            place = {int(value): row for row, value in enumerate(values.tolist())}
            numbers = [int(each) for each in _numbers(table, "label", chosen)]
            if all(number in place for number in numbers):
                return masks.take(np.array([place[number] for number in numbers], np.intp))
    return None


def _rows(table: Table, wanted: set[tuple[str, str]]) -> list[int]:
    names, hashes = table.column("picture").cells(), table.column("picture_sha256").cells()
    return [row for row, pair in enumerate(zip(names, hashes, strict=True)) if pair in wanted]


def _cells(table: Table, name: str, rows: Sequence[int]) -> list[Cell]:
    cells = table.column(name).cells()
    return [cells[row] for row in rows]


def _numbers(table: Table, name: str, rows: Sequence[int]) -> list[float]:
    """Return numbers, which CSV has as text; NaN where one is unknown."""
    return [math.nan if cell in (None, "") else float(str(cell)) for cell in _cells(table, name, rows)]


def _of_pictures(table: Table, wanted: set[tuple[str, str]]) -> Table:
    rows = _rows(table, wanted)
    return Table(
        table.name,
        tuple(Column(c.name, _cells(table, c.name, rows), c.unit, c.description) for c in table.columns),
    )
