"""Which slides a person means by files, folders, patterns and lists, and which of their pictures and regions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cellwright.core import BadParameter, CellwrightError, Regions
from cellwright.workflows.batch import BatchSlide
from cellwright.workflows.pictures import LeftOut, find_pictures
from cellwright.workflows.region_files import read_regions

LIST_SUFFIXES = (".txt", ".list")
"""Of files that name slides, one a line."""

_MOST_LINES = 100_000
_SIGNS = "*?["


@dataclass(frozen=True, slots=True)
class FoundSlides:
    """Slides to count, each once, and what was asked for and led to none.

    Parameters
    ----------
    slides : tuple of BatchSlide
        In order.
    left_out : tuple of LeftOut
        What could not be used, and why.
    notes : tuple of str
        What a person should know: files that hold more pictures than the one that is taken.
    """

    slides: tuple[BatchSlide, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def expanded(words: Iterable[str | Path]) -> list[Path]:
    """Return what patterns and lists stand for; other words as they are.

    A pattern such as ``slides/*.svs`` or ``**/*.ndpi`` is one only where no file has that name. A file that ends in
    .txt or .list names paths, one a line, relative to its folder; empty lines and those after ``#`` are passed by, and
    a line may be a pattern.

    Raises
    ------
    BadParameter
        If a list cannot be read, or a pattern fits nothing.
    """
    found: list[Path] = []
    for word in words:
        path = Path(word).expanduser()
        if path.suffix.lower() in LIST_SUFFIXES and path.is_file():
            found += [inner for line in _lines(path) for inner in _matching(path.parent / Path(line).expanduser())]
        else:
            found += _matching(path)
    return found


def find_slides(
    words: Iterable[str | Path],
    *,
    series: str | None = None,
    regions: Path | None = None,
    tissue_only: bool | None = None,
) -> FoundSlides:
    """Return the slides that are meant, with what is to be counted on each.

    Parameters
    ----------
    words : iterable of str or Path
        Files, folders (searched to any depth), patterns and lists; see `expanded`.
    series : str or None
        Number from 1 of the picture that is meant in files that hold several, or ``"all"``; None for the first.
    regions : Path or None
        A GeoJSON file for all slides, or a folder with one for each, ``NAME.geojson`` or ``NAME.svs.geojson``.
    tissue_only : bool or None
        Whether glass is passed by; None leaves it to the project where no regions are given, and else means yes.

    Raises
    ------
    BadParameter
        If a list, a pattern, a region file or `series` makes no sense.
    """
    found = find_pictures(expanded(words))
    slides: list[BatchSlide] = []
    left_out, notes = list(found.left_out), []
    shared = _shared_regions(regions, tissue_only)
    for path in found.pictures:
        try:
            own = _own_regions(regions, path, tissue_only) if regions is not None and regions.is_dir() else shared
            titles = _titles(path, is_needed=series is not None)
            numbers = (0,) if series is None else _chosen(path, series, len(titles))
        except CellwrightError as error:
            left_out.append(LeftOut(str(path), str(error)))
            continue
        slides += [BatchSlide(path, number, own, titles[number]) for number in numbers]
        if series is None and len(titles) > 1:
            notes.append(f"{path.name} holds {len(titles)} pictures; the first is taken, --series all takes every one.")
    return FoundSlides(tuple(slides), tuple(left_out), tuple(notes))


def series_of(path: Path, asked: str) -> tuple[int, ...]:
    """Return which pictures of a file are meant, from 0.

    Parameters
    ----------
    path : Path
        The file; it is opened.
    asked : str
        A number from 1, or ``"all"``.

    Raises
    ------
    BadParameter
        If `asked` is neither, or the file holds fewer.
    SlideNotReadable
        If the file cannot be opened.
    """
    return _chosen(path, asked, len(_titles(path, is_needed=True)))


def _titles(path: Path, *, is_needed: bool) -> tuple[str, ...]:
    """Return what the pictures of a file are called."""
    from cellwright.imaging import open_slide

    try:
        with open_slide(path) as slide:
            names = slide.series_names
    except CellwrightError:
        if is_needed:
            raise
        return (path.name,)  # whoever analyses it says what is wrong with it
    if len(names) == 1:
        return (path.name,)
    return tuple(f"{path.name} · {own or number}" for number, own in enumerate(names, start=1))


def _chosen(path: Path, asked: str, there: int) -> tuple[int, ...]:
    if asked.casefold() == "all":
        return tuple(range(there))
    if not asked.isdecimal() or int(asked) < 1:
        raise BadParameter(f"--series {asked!r} is neither a number from 1 nor 'all'.")
    if int(asked) > there:
        noun = "picture" if there == 1 else "pictures"
        raise BadParameter(f"{path.name} holds {there} {noun}, so there is no --series {asked}.")
    return (int(asked) - 1,)


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"The list {path} cannot be read ({error}); it should name one slide a line.") from None
    lines = [line.strip() for line in text.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    if not named or len(named) > _MOST_LINES or "\0" in text:
        raise BadParameter(f"The list {path} should name one slide a line, at most {_MOST_LINES:,} of them.")
    return named


def _matching(path: Path) -> list[Path]:
    place = next((i for i, part in enumerate(path.parts) if any(sign in part for sign in _SIGNS)), None)
    if place is None or path.exists():
        return [path]
    # What comes before the first sign is a folder, whatever else its name holds.
    matches = sorted(Path(*path.parts[:place]).glob(str(Path(*path.parts[place:]))))
    if not matches:
        raise BadParameter(f"No file fits {path}; check the pattern.")
    return matches


def _shared_regions(regions: Path | None, tissue_only: bool | None) -> Regions | None:
    """Return the regions of all slides alike; None where the project or a folder of regions says."""
    if regions is None:
        return None if tissue_only is None else Regions(tissue_only=tissue_only)
    if regions.is_dir():
        return None
    return read_regions(regions, tissue_only=tissue_only is not False)


def _own_regions(folder: Path, slide: Path, tissue_only: bool | None) -> Regions:
    for name in (f"{slide.name}.geojson", f"{slide.stem}.geojson"):
        if (folder / name).is_file():
            return read_regions(folder / name, tissue_only=tissue_only is not False)
    raise BadParameter(f"{folder} has no {slide.stem}.geojson that says where to count on {slide.name}.")
