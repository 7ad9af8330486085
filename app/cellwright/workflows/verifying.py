"""`VerifyManifest`: everything that a manifest names is hashed again, and line by line it is said what agrees."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cellwright.core import Box, CellwrightError
from cellwright.jobs import Progress
from cellwright.workflows.manifest import (
    FileEntry,
    Manifest,
    ModelEntry,
    PictureEntry,
    PixelEntry,
    ProjectEntry,
    read_manifest,
)
from cellwright.workflows.manifest_making import card_sha256, column_hashes, pixels_of, versions
from cellwright.workflows.signing import signature_path, signature_problem
from cellwright.zoo import file_sha256, find_model, load_card


class Agreement(str, Enum):
    """How something is now, beside what the manifest says."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    NOTED = "noted"
    """Worth knowing, and no fault: another version of a library, a file stored anew with the same pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was looked at and how it is.

    Parameters
    ----------
    what : str
        ``"picture"``, ``"model"``, ``"file"`` and so on.
    name : str
        Which.
    agreement : Agreement
        How it is.
    said : str
        One sentence.
    """

    what: str
    name: str
    agreement: Agreement
    said: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Parameters
    ----------
    manifest : Manifest
        What was read.
    lines : tuple of Line
        In the order of the manifest.
    """

    manifest: Manifest
    lines: tuple[Line, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing differs and nothing is missing."""
        return not self.problems

    @property
    def problems(self) -> tuple[Line, ...]:
        """What differs or is missing."""
        return tuple(line for line in self.lines if line.agreement in (Agreement.DIFFERENT, Agreement.MISSING))

    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        if self.is_good:
            checked = sum(line.agreement is Agreement.SAME for line in self.lines)
            return f"Everything is as the manifest says: {checked} of {checked} checks agree."
        different = sum(line.agreement is Agreement.DIFFERENT for line in self.lines)
        missing = len(self.problems) - different
        parts = [f"{different} differ" if different != 1 else "1 differs"] if different else []
        parts += [f"{missing} {'is' if missing == 1 else 'are'} missing"] if missing else []
        return f"Not everything is as the manifest says: {' and '.join(parts)}."


@dataclass(frozen=True, slots=True)
class VerifyManifest:
    """Hash again what a manifest names; an `Operation` whose result is a `Verification`.

    Parameters
    ----------
    path : Path
        The manifest.
    pictures : Path or None
        A folder to look for pictures in, by their names, where they are not where they were.
    model : str, Path or None
        The model, where it is neither where it was nor on the shelf.
    key : Path or None
        A public key (PEM) that the manifest must be signed with.
    """

    path: Path
    pictures: Path | None = None
    model: str | Path | None = None
    key: Path | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Verify {self.path.name}"

    def run(self) -> Generator[Progress, None, Verification]:
        """Look at the manifest itself, then at models, pictures, the project and files.

        Raises
        ------
        BadParameter
            If the manifest cannot be read, or the key is none.
        """
        yield Progress(0, 0, "Reading the manifest")
        manifest = read_manifest(self.path)
        lines = [self._form(manifest), *self._signature()]
        # Who names a model means the one that found the objects, not one that told them apart.
        finders = {picture.model for picture in manifest.pictures}
        for model in manifest.models:
            yield Progress(0, 0, f"Taking the fingerprint of {model.name}")
            lines += self._model(model, self.model if model.sha256 in finders else None)
        for picture in manifest.pictures:
            lines += yield from self._picture(picture)
        if manifest.project is not None:
            yield Progress(0, 0, "Reading the journal of the project")
            lines.append(self._project(manifest.project))
        for number, file in enumerate(manifest.files):
            yield Progress(number, len(manifest.files), f"Taking the fingerprint of {file.path}")
            lines.append(self._file(file))
        lines += _versions(manifest)
        return Verification(manifest, tuple(lines))

    @property
    def _folder(self) -> Path:
        return self.path.absolute().parent

    def _form(self, manifest: Manifest) -> Line:
        if self.path.read_bytes() == manifest.to_bytes():
            return Line("manifest", self.path.name, Agreement.SAME, "is in its one form (RFC 8785)")
        said = "was written anew by another program: its bytes are not those that follow from its values"
        return Line("manifest", self.path.name, Agreement.DIFFERENT, said)

    def _signature(self) -> list[Line]:
        path = signature_path(self.path)
        if self.key is None:
            said = "is there and was not checked; name the public key with --key"
            return [Line("signature", path.name, Agreement.NOTED, said)] if path.exists() else []
        if not path.exists():
            return [Line("signature", path.name, Agreement.MISSING, "is missing: the manifest is not signed")]
        problem = signature_problem(self.path, self.key)
        if problem:
            return [Line("signature", path.name, Agreement.DIFFERENT, problem)]
        return [Line("signature", path.name, Agreement.SAME, f"was made with the key that belongs to {self.key.name}")]

    def _model(self, model: ModelEntry, named: str | Path | None) -> list[Line]:
        try:
            folder = find_recorded_model(model, self._folder, named)
            card = load_card(folder)
        except CellwrightError as error:
            return [Line("model", model.name, Agreement.MISSING, f"is not there: {error}")]
        weights = folder / card.weights.file
        if not weights.is_file():
            return [Line("model", model.name, Agreement.MISSING, f"has no weights: {weights} is not there")]
        found = file_sha256(weights)
        if found != model.sha256:
            said = f"has other weights: sha256 {found[:12]}… now, {model.sha256[:12]}… then ({weights})"
            return [Line("model", model.name, Agreement.DIFFERENT, said)]
        lines = [Line("model", model.name, Agreement.SAME, "has the same weights")]
        if card_sha256(card) != model.card_sha256:
            said = "has another card: thresholds, calibration or words were changed"
            lines.append(Line("card", model.name, Agreement.DIFFERENT, said))
        else:
            lines.append(Line("card", model.name, Agreement.SAME, "is the same"))
        return lines

    def _picture(self, picture: PictureEntry) -> Generator[Progress, None, list[Line]]:
        from cellwright.imaging import SlideRef, content_sha256

        name = picture.name
        path = find_recorded_picture(picture, self._folder, self.pictures)
        if path is None:
            return [Line("picture", name, Agreement.MISSING, where_missing(picture))]
        yield Progress(0, 0, f"Taking the fingerprint of {name}")
        try:
            same_file = content_sha256(path) == picture.sha256
            with SlideRef(path, picture.series, picture.z, picture.t, picture.channels).open() as slide:
                pixels = yield from pixels_of(slide, f"Taking the fingerprint of {name}")
        except CellwrightError as error:
            return [Line("picture", name, Agreement.DIFFERENT, f"cannot be read any more: {error}")]
        lines = []
        if pixels.sha256 == picture.pixels.sha256:
            lines.append(Line("pixels", name, Agreement.SAME, "have the same values"))
        else:
            lines.append(Line("pixels", name, Agreement.DIFFERENT, pixel_difference(picture.pixels, pixels)))
        if same_file:
            lines.append(Line("picture", name, Agreement.SAME, "is the same file, byte by byte"))
        elif pixels.sha256 == picture.pixels.sha256:
            said = "is stored in other bytes, with the same pixels"
            lines.append(Line("picture", name, Agreement.NOTED, said))
        else:
            lines.append(Line("picture", name, Agreement.DIFFERENT, "is another file: its bytes differ"))
        return lines

    def _project(self, project: ProjectEntry) -> Line:
        from cellwright.project import journal_head

        try:
            head = journal_head(self._folder / project.path, project.entry)
        except CellwrightError as error:
            return Line("project", project.path, Agreement.MISSING, f"is not there: {error}")
        if head.entry != project.entry:
            said = f"has only {head.entry} entries in its journal, and had {project.entry}"
            return Line("project", project.path, Agreement.DIFFERENT, said)
        if head.sha256 != project.sha256:
            said = f"has another history: its journal up to entry {project.entry} was changed"
            return Line("project", project.path, Agreement.DIFFERENT, said)
        said = f"has the same history up to entry {project.entry}"
        return Line("project", project.path, Agreement.SAME, said)

    def _file(self, file: FileEntry) -> Line:
        path = self._folder / file.path
        if not path.is_file():
            return Line("file", file.path, Agreement.MISSING, "is not there")
        if file_sha256(path) != file.sha256:
            said = f"was changed after it was written{changed_columns(file, path)}"
            return Line("file", file.path, Agreement.DIFFERENT, said)
        return Line("file", file.path, Agreement.SAME, "is as it was written")


def find_recorded_model(model: ModelEntry, folder: Path, said: str | Path | None = None) -> Path:
    """Return the folder of a model: where a person says, where it stood, or on the shelf.

    Raises
    ------
    UnknownName, ModelNotUsable
        If it is nowhere.
    """
    if said is not None:
        return find_model(said)
    if model.path and (folder / model.path).exists():
        return find_model((folder / model.path).resolve())
    return find_model(model.name)


def find_recorded_picture(picture: PictureEntry, folder: Path, also: Path | None = None) -> Path | None:
    """Return where a picture is: where it stood, or in another folder under its name; None where it is nowhere."""
    if not picture.path:
        return None
    first = folder / picture.path
    if first.exists() and also is None:
        return first.resolve()
    if also is None:
        return None
    beside = also / Path(picture.path).name
    if beside.exists():
        return beside.resolve()
    found = sorted(also.rglob(Path(picture.path).name))
    return found[0].resolve() if found else None


def where_missing(picture: PictureEntry) -> str:
    """Return in a phrase what to do about a picture that was not found."""
    if not picture.path:
        return "was in the memory of a program, so there is no file to look at"
    return f"is not there ({picture.path}); name its folder with --pictures"


def changed_columns(file: FileEntry, path: Path) -> str:
    """Return which columns of a table are others now, as the end of a sentence; how its size changed for others."""
    size = path.stat().st_size
    now = column_hashes(path, size) if file.columns else {}
    gone = sorted(set(file.columns) ^ set(now)) if now else []
    if gone:
        return f": other columns, among them {gone[0]!r}"
    changed = [name for name, digest in file.columns.items() if now and now[name] != digest]
    if changed and len(changed) == len(file.columns):
        return ": every column, as if rows were added, taken out or moved"
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        return f": column{'s' if len(changed) > 1 else ''} {', '.join(map(repr, changed[:3]))}{more}"
    return f" ({size:,} bytes now, {file.bytes:,} then)" if size != file.bytes else f" (still {size:,} bytes)"


def pixel_difference(then: PixelEntry, now: PixelEntry) -> str:
    """Return in a sentence how pixels differ, and where."""
    if then.shape != now.shape or then.dtype != now.dtype:
        old, new = (f"{p.shape[1]} × {p.shape[0]} px, {p.shape[2]} channels, {p.dtype}" for p in (then, now))
        return f"are others: {new} now, {old} then"
    places = []
    if then.tiles and len(then.tiles) == len(now.tiles):
        from cellwright.imaging import tile_boxes

        boxes = tile_boxes(then.shape[0], then.shape[1], then.tile_px)
        places = [box for box, a, b in zip(boxes, then.tiles, now.tiles, strict=True) if a != b]
    if not places:
        return "have other values"
    more = f" and {len(places) - 1} more places" if len(places) > 1 else ""
    return f"have other values within {_place(places[0])}{more}"


def _place(box: Box) -> str:
    return f"y {box.y0} to {box.y1}, x {box.x0} to {box.x1}"


def _versions(manifest: Manifest) -> list[Line]:
    now = versions()
    return [
        Line("version", name, Agreement.NOTED, f"is {now.get(name, 'not installed')} here, was {then}")
        for name, then in manifest.versions.items()
        if now.get(name) != then
    ]
