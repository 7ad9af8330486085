"""`ExportAnalyses`: what was found goes into files that other programs read."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cellwright import export
from cellwright.core import BadParameter, Box, OutputExists, Region, SlideNotReadable
from cellwright.jobs import Progress, run_inline
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.counts import count_table
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.tables import Thresholds, counts_table, notes, objects_table

OVERLAY_FOLDER = "overlays"
"""Where a PNG a picture goes."""

OVERLAY_LONGEST_PX = 8192
"""Overlays of larger pictures are drawn at a fraction of their size."""

COPIED_PIXELS = 2**28
"""Pictures of more pixels than this are not copied into a labelled set."""

# What every program that reads labelled sets opens; anything else is written anew as PNG.
_COPIED_AS_THEY_ARE = frozenset({".png", ".jpg", ".jpeg", ".bmp"})


class ExportFormat(str, Enum):
    """A way out."""

    CSV = "csv"
    """``objects.csv`` and ``counts.csv``."""
    XLSX = "xlsx"
    """``results.xlsx`` with sheets objects, counts and notes."""
    PARQUET = "parquet"
    """``objects.parquet`` and ``counts.parquet``."""
    COCO = "coco"
    """Folder ``coco`` with one JSON file."""
    YOLO = "yolo"
    """Folder ``yolo`` with a text file a picture and data.yaml."""
    VOC = "voc"
    """Folder ``voc`` with an XML file a picture."""
    OVERLAY = "overlay"
    """Folder ``overlays`` with a PNG a picture: boxes and legend."""


_OUTPUTS: dict[ExportFormat, tuple[str, ...]] = {
    ExportFormat.CSV: ("objects.csv", "counts.csv"),
    ExportFormat.XLSX: ("results.xlsx",),
    ExportFormat.PARQUET: ("objects.parquet", "counts.parquet"),
    ExportFormat.COCO: ("coco",),
    ExportFormat.YOLO: ("yolo",),
    ExportFormat.VOC: ("voc",),
    ExportFormat.OVERLAY: (),
}


def planned_outputs(folder: Path, formats: Sequence[ExportFormat], picture_names: Sequence[str]) -> list[Path]:
    """Return every file, or folder of a box format, that an export will write."""
    paths = [folder / name for kind in dict.fromkeys(formats) for name in _OUTPUTS[kind]]
    if ExportFormat.OVERLAY in formats:
        paths += [folder / OVERLAY_FOLDER / name for name in overlay_names(picture_names)]
    return paths


def overlay_names(picture_names: Sequence[str]) -> list[str]:
    """Return the name of each picture's overlay."""
    return export.unique_file_names(picture_names, [".png"] * len(picture_names))


def refuse_existing_outputs(folder: Path, formats: Sequence[ExportFormat], picture_names: Sequence[str]) -> None:
    """Raise before any work is done if an export would have to replace something.

    Raises
    ------
    OutputExists
        Naming what is there.
    """
    there = [path for path in planned_outputs(folder, formats, picture_names) if _is_taken(path)]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise OutputExists(
            f"{there[0]}{more} already exist{'' if more else 's'}; allow overwriting or choose another folder."
        )


@dataclass(frozen=True, slots=True, eq=False)
class ExportAnalyses:
    """Write analyses into a folder; an `Operation` whose result is the tuple of paths written.

    Parameters
    ----------
    analyses : tuple of Analysis
        At least one.
    folder : Path
        Made if it is missing.
    formats : tuple of ExportFormat
        Each once.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts; None takes those of the model's card.
    overwrite : bool
        Whether earlier results may be replaced.
    with_pictures : bool
        Whether the box formats bring a copy of the pictures along, so that they can be trained on as they are.
    left_out : tuple of LeftOut
        What was asked for and could not be analysed; the notes name it.
    """

    analyses: tuple[Analysis, ...]
    folder: Path
    formats: tuple[ExportFormat, ...]
    thresholds: Thresholds = None
    overwrite: bool = False
    with_pictures: bool = False
    left_out: tuple[LeftOut, ...] = ()

    @property
    def title(self) -> str:
        """Name of the work."""
        many = f"{len(self.analyses)} pictures" if len(self.analyses) != 1 else self.analyses[0].picture.name
        return f"Export {many}"

    def run(self) -> Generator[Progress, None, tuple[Path, ...]]:
        """Write format by format, and overlays picture by picture.

        Raises
        ------
        BadParameter
            If there is nothing to export, or the box formats cannot hold it.
        OutputExists
            If something is there already and may not be replaced; nothing was written then.
        OutputNotWritable
            If a file cannot be written; what stood there is unchanged.
        """
        if not self.analyses:
            raise BadParameter("There is nothing to export; analyse a picture first.")
        if not self.overwrite:
            refuse_existing_outputs(self.folder, self.formats, self._names)
        steps = self._steps()
        written: list[Path] = []
        for number, (message, write) in enumerate(steps):
            yield Progress(number, len(steps), message)
            written += write()
        yield Progress(len(steps), len(steps), f"Written to {self.folder}")
        return tuple(written)

    @property
    def _names(self) -> list[str]:
        return [analysis.picture.name for analysis in self.analyses]

    def _steps(self) -> list[tuple[str, Callable[[], list[Path]]]]:
        writers: dict[ExportFormat, Callable[[], list[Path]]] = {
            ExportFormat.CSV: self._csv,
            ExportFormat.XLSX: self._xlsx,
            ExportFormat.PARQUET: self._parquet,
            ExportFormat.COCO: self._coco,
            ExportFormat.YOLO: self._yolo,
            ExportFormat.VOC: self._voc,
        }
        chosen = list(dict.fromkeys(self.formats))
        steps = [(f"Writing {kind.value.upper()}", writers[kind]) for kind in chosen if kind in writers]
        if ExportFormat.OVERLAY in chosen:
            for analysis, name in zip(self.analyses, overlay_names(self._names), strict=True):
                steps.append((f"Drawing {analysis.picture.name}", self._overlay_step(analysis, name)))
        return steps

    def _csv(self) -> list[Path]:
        tables = self._tables()
        return [export.write_csv(self.folder / f"{t.name}.csv", t, overwrite=self.overwrite) for t in tables]

    def _xlsx(self) -> list[Path]:
        path = self.folder / "results.xlsx"
        return [export.write_xlsx(path, self._tables(), self._notes(), overwrite=self.overwrite)]

    def _parquet(self) -> list[Path]:
        said = {"notes": "\n".join(self._notes())}
        return [
            export.write_parquet(self.folder / f"{t.name}.parquet", t, said, overwrite=self.overwrite)
            for t in self._tables()
        ]

    def _notes(self) -> list[str]:
        missing = [f"Not in these tables: {left}" for left in self.left_out]
        return [*missing, *notes(self.analyses, self.thresholds)]

    def _tables(self) -> list[export.Table]:
        return [objects_table(self.analyses, self.thresholds), counts_table(self.analyses, self.thresholds)]

    def _coco(self) -> list[Path]:
        said = f"Found by {self.analyses[0].objects.source}"
        return [export.write_coco(self.folder / "coco", self._boxed(), description=said, overwrite=self.overwrite)]

    def _yolo(self) -> list[Path]:
        return [export.write_yolo(self.folder / "yolo", self._boxed(), overwrite=self.overwrite)]

    def _voc(self) -> list[Path]:
        return [export.write_voc(self.folder / "voc", self._boxed(), overwrite=self.overwrite)]

    def _boxed(self) -> list[export.BoxedPicture]:
        suffixes = [_suffix_in_set(analysis) for analysis in self.analyses]
        names = export.unique_file_names(self._names, suffixes)
        return [
            export.BoxedPicture(
                name,
                analysis.picture.shape,
                analysis.counted(self.thresholds),
                _picture_writer(analysis, suffix) if self.with_pictures else None,
            )
            for analysis, name, suffix in zip(self.analyses, names, suffixes, strict=True)
        ]

    def _overlay_step(self, analysis: Analysis, name: str) -> Callable[[], list[Path]]:
        return lambda: [
            write_overlay(analysis, self.folder / OVERLAY_FOLDER / name, self.thresholds, overwrite=self.overwrite)
        ]


def export_analyses(
    analyses: Sequence[Analysis],
    folder: str | Path,
    formats: Sequence[ExportFormat],
    thresholds: Thresholds = None,
    *,
    overwrite: bool = False,
    with_pictures: bool = False,
) -> tuple[Path, ...]:
    """Run an `ExportAnalyses` on this thread and return the paths written; see there."""
    operation = ExportAnalyses(tuple(analyses), Path(folder), tuple(formats), thresholds, overwrite, with_pictures)
    return run_inline(operation)


def write_overlay(analysis: Analysis, path: Path, thresholds: Thresholds = None, *, overwrite: bool = False) -> Path:
    """Draw what was counted over the picture and write it as PNG, with the counts in a legend below.

    Raises
    ------
    SlideNotReadable
        If the picture is gone.
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written.
    """
    from cellwright.imaging import contrast_limits, read_rgb

    rows, columns = analysis.picture.shape
    downsample = max(1.0, max(rows, columns) / OVERLAY_LONGEST_PX)
    with analysis.picture.ref.open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, rows, columns), downsample), contrast_limits(slide))
    drawn = export.draw_overlay(
        rgb,
        analysis.counted(thresholds),
        _legend(analysis, thresholds),
        downsample=downsample,
        caption=f"{analysis.picture.name} · {analysis.objects.source} · {analysis.coverage.sentence()}",
    )
    return export.write_png(path, drawn, overwrite=overwrite)


def _legend(analysis: Analysis, thresholds: Thresholds) -> list[export.LegendEntry]:
    table = count_table(analysis, thresholds)
    return [
        export.LegendEntry(
            kind.colour,
            kind.badge,
            f"{kind.name} {row.count:,} ({row.count_interval.low:,.0f} to {row.count_interval.high:,.0f})",
        )
        for kind, row in zip(analysis.card.classes, table.rows, strict=True)
    ]


def _is_taken(path: Path) -> bool:
    return path.exists() and not (path.is_dir() and not any(path.iterdir()))


def _suffix_in_set(analysis: Analysis) -> str:
    suffix = analysis.picture.path.suffix.lower()
    return suffix if suffix in _COPIED_AS_THEY_ARE else ".png"


def _picture_writer(analysis: Analysis, suffix: str) -> Callable[[Path], None]:
    """Return what puts the picture into a set: the file itself where every program opens it, else its display."""
    picture = analysis.picture
    if suffix == picture.path.suffix.lower():
        return lambda path: _copy(picture.path, path)
    rows, columns = picture.shape
    if rows * columns > COPIED_PIXELS:
        side = math.isqrt(COPIED_PIXELS)
        raise BadParameter(
            f"{picture.name} is too large to be copied into a labelled set ({columns} × {rows} px, at most about "
            f"{side} × {side}); export without pictures."
        )
    return lambda path: _write_shown(analysis, path)


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise SlideNotReadable(
            f"{source} cannot be read any more ({error.strerror}); export without pictures."
        ) from error
    target.write_bytes(content)


def _write_shown(analysis: Analysis, path: Path) -> None:
    from cellwright.imaging import contrast_limits, read_rgb

    rows, columns = analysis.picture.shape
    with analysis.picture.ref.open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, rows, columns)), contrast_limits(slide))
    export.write_png(path, rgb, overwrite=True)
