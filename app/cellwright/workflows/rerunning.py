"""`RerunManifest`: the analyses of a manifest are made again, and object by object it is said what differs."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cellwright.core import BadParameter, CellwrightError
from cellwright.export import Table, read_table
from cellwright.jobs import Progress
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.analyze import AnalyzePicture
from cellwright.workflows.differences import ENGINES, NONE, Differences, compare, rows_of, rows_of_table
from cellwright.workflows.keeping import kept_analysis
from cellwright.workflows.manifest import Manifest, ModelEntry, PictureEntry, read_manifest
from cellwright.workflows.manifest_making import objects_sha256
from cellwright.workflows.verifying import find_recorded_model, find_recorded_picture, where_missing
from cellwright.zoo import load_card

_TABLES = ("results.sqlite", "objects.parquet", "objects.h5ad", "objects.csv", "results.xlsx")
"""Files that objects can be read back from, the exact ones first."""


@dataclass(frozen=True, slots=True)
class PictureRerun:
    """What came of one picture.

    Parameters
    ----------
    name : str
        Of the picture.
    is_same : bool
        Whether the same objects were found, within the tolerance that is stated.
    said : str
        One sentence.
    differences : Differences or None
        Object by object; None where nothing was compared, or every bit agrees.
    """

    name: str
    is_same: bool
    said: str
    differences: Differences | None = None


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of all pictures.

    Parameters
    ----------
    manifest : Manifest
        What was made again.
    pictures : tuple of PictureRerun
        In its order.
    """

    manifest: Manifest
    pictures: tuple[PictureRerun, ...]

    @property
    def is_same(self) -> bool:
        """Whether every picture gave the same objects."""
        return all(picture.is_same for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class RerunManifest:
    """Analyse the pictures of a manifest again and compare; an `Operation` whose result is a `Rerun`.

    Parameters
    ----------
    path : Path
        The manifest, beside the tables that were written with it.
    device : str or None
        Where to run; None takes the device that was asked for then.
    pictures, model
        See `VerifyManifest`.
    """

    path: Path
    device: str | None = None
    pictures: Path | None = None
    model: str | Path | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Repeat {self.path.parent.name or self.path.name}"

    def run(self) -> Generator[Progress, None, Rerun]:
        """Repeat picture after picture.

        Raises
        ------
        BadParameter
            If the manifest cannot be read, or the model has other weights than then.
        UnknownName, ModelNotUsable
            If a model is gone or damaged.
        """
        yield Progress(0, 0, "Reading the manifest")
        manifest = read_manifest(self.path)
        folder = self.path.absolute().parent
        # Who names a model means the one that found the objects.
        finders = {picture.model for picture in manifest.pictures}
        said = {entry.sha256: self.model if entry.sha256 in finders else None for entry in manifest.models}
        models = {entry.sha256: self._model(entry, folder, said[entry.sha256]) for entry in manifest.models}
        recorded = _recorded(manifest, folder)
        found: tuple[PictureRerun, ...] = ()
        for picture in manifest.pictures:
            found += ((yield from self._picture(manifest, picture, models, recorded)),)
        return Rerun(manifest, found)

    def _model(self, entry: ModelEntry, folder: Path, said: str | Path | None) -> Path:
        found = find_recorded_model(entry, folder, said)
        if load_card(found).model_hash != entry.sha256:
            raise BadParameter(
                f"The model {entry.name} in {found} has other weights than those of the manifest; name the right one "
                "with --model."
            )
        return found

    def _picture(
        self, manifest: Manifest, picture: PictureEntry, models: Mapping[str, Path], recorded: Table | None
    ) -> Generator[Progress, None, PictureRerun]:
        if picture.asked is None:
            said = "cannot be repeated: its objects come from a project, not from one analysis"
            return PictureRerun(picture.name, False, said)
        path = find_recorded_picture(picture, self.path.absolute().parent, self.pictures)
        if path is None:
            return PictureRerun(picture.name, False, where_missing(picture))
        try:
            analysis = yield from _again(picture, path, models, self.device or picture.asked.device)
        except CellwrightError as error:
            return PictureRerun(picture.name, False, f"cannot be analysed again: {error}")
        return _compared(manifest, picture, analysis, recorded)


def _again(
    picture: PictureEntry, path: Path, models: Mapping[str, Path], device: str
) -> Generator[Progress, None, Analysis]:
    """Analyse a picture as it was analysed then."""
    from cellwright.imaging import SlideRef

    asked = picture.asked
    assert asked is not None
    analysis = yield from AnalyzePicture(
        SlideRef(path, picture.series, picture.z, picture.t, picture.channels),
        models[picture.model],
        device,
        None if asked.pixel_size is None else asked.pixel_size.value(),
        asked.floor,
        asked.every_class,
        asked.object_px,
        asked.augment,
        asked.scales,
        models[asked.classify] if asked.classify else None,
    ).run()
    return analysis if asked.nms_iou is None else analysis.with_overlap(asked.nms_iou)


def _compared(manifest: Manifest, picture: PictureEntry, analysis: Analysis, recorded: Table | None) -> PictureRerun:
    name, then = picture.name, picture.found
    if manifest.keep:
        analysis = _kept(manifest, picture, analysis)
    counted = analysis.counted(manifest.confidence)
    if objects_sha256(counted) == then.sha256:
        noun = "object" if len(counted) == 1 else "objects"
        return PictureRerun(name, True, f"the same {len(counted):,} {noun}, in every bit")
    if recorded is None:
        total = sum(then.counted.values())
        said = f"other objects: {len(counted):,} now, {total:,} then; no table is there to say which"
        return PictureRerun(name, False, said)
    is_same_engine = (analysis.device, analysis.engine) == (then.device, then.engine)
    tolerance = NONE if is_same_engine else ENGINES
    rows = rows_of_table(recorded, picture.name, picture.sha256)
    differences = compare(rows, rows_of(counted), tolerance)
    words = [differences.sentence(tolerance)]
    if not is_same_engine:
        words.append(f"it ran on {analysis.device} with {analysis.engine}, then on {then.device} with {then.engine}")
    if then.confirmed:
        words.append(f"people had confirmed or drawn {then.confirmed:,} objects then")
    return PictureRerun(name, differences.is_same, "; ".join(words), differences)


def _kept(manifest: Manifest, picture: PictureEntry, analysis: Analysis) -> Analysis:
    """Return what meets the filter of the manifest, with the pixel size that held then."""
    size, options = picture.pixel_size, manifest.measure_options
    if size is not None:
        analysis = analysis.with_pixel_size(size.value(), size.note)
    return kept_analysis(analysis, manifest.keep, manifest.confidence, None if options is None else options.value())


def _recorded(manifest: Manifest, folder: Path) -> Table | None:
    """Return the objects as they were written, from the best of the tables that are there."""
    written: Sequence[str] = [file.path for file in manifest.files]
    for name in _TABLES:
        if name in written and (folder / name).is_file():
            return read_table(folder / name)
    return None
