"""The page of all measurements, written from their declarations."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.measure.columns import Column
from cellwright.measure.sets import OWN, offered
from cellwright.measure.subject import Needs

_HEAD = """# Measurements

Every column that can be measured, with its formula, unit and source. This page is written from the declarations in
`cellwright.measure` by `make measurements`; a test says when it is behind.

`cellwright measure PICTURES|PROJECT --columns geometry,intensity` writes them; names of sets, names of columns and
patterns such as `intensity_*-red` may be mixed.

In the window, *Measure → Measure cells* lists the columns set by set, with a search, ticks those that the table
shows, and measures what has no values yet beside the window. The table (1,000,000 rows open and sort within a second)
and the filter above it (`area_um2 > 40 and class == 'WBC'`, see [tools.md](tools.md)) know every column by the name
on this page; *Summary* tells n, mean, SD (of a sample), median and ends by class, status, source or picture, of the
cells that are shown; both are copied with units in their headers (Ctrl+Shift+C). Box, area, Crofton's perimeter and
centroid are there without measuring. Cells that count are measured: after a correction, another threshold or pixel
size they are measured again once the hand rests, above 200,000 cells only when asked to; until then a changed cell
has a dash. In a project measurements are kept, and are there again when it is opened, for as long as nothing changed
that they were taken from ([project-format.md](project-format.md#what-was-measured)).

![Cells that a filter means are selected in the table and in the picture](images/table.png)

- **Units.** Without a pixel size lengths are in pixels and columns are called as in scikit-image. With one they are in
  µm, areas in µm², densities per mm², and the name says so: `area` becomes `area_um2`. h and w are height and width of
  a pixel in that unit, 1 and 1 without a pixel size.
- **Pixels that are not square** are measured as they are, also where scikit-image refuses (`perimeter`,
  `perimeter_crofton`, `moments_hu`): lengths along rows count w, along columns h, across corners √(h² + w²); ellipses,
  angles and Feret's diameter are those of the object on the slide, not of its picture.
- **Place.** Coordinates are level-0 pixels, y down, and pixel i reaches from i to i + 1, so `centroid-0` and
  `centroid-1` are half a pixel more than scikit-image's. Raw moments are counted from the middle of the first pixel of
  the box, as there.
- **Equal to scikit-image 0.26** to 1e-9 of the value, except: `axis_minor_length` and `eccentricity` of objects one
  pixel wide, where rounding alone decides there (1e-6); `orientation`, equal up to a half turn, and −π/4 for every
  object without a direction; central moments that cancel, where it is 1e-9 of area × diameter^(p + q); stains, which
  are not cut off at 0 and are optical densities (× 6 scikit-image's, vectors brought to length 1); binary patterns at
  the edge of the picture, beyond which scikit-image sees 0; `moments_normalized` of pixels that are not square.
- **Which perimeter.** `perimeter_crofton` is right within 2 % for discs of square pixels, within 6 % where one side of
  a pixel is three times the other. `perimeter` goes in steps of eight directions: a line is too long by up to 8 %, by
  up to 21 % where one side is 2.5 times the other; it is there because others report it.
- **Values.** Brightness is that of the file, before any contrast. An object that the picture's edge cuts is measured as
  far as it is seen. Objects longer than 16,384 px have no brightness, staining and texture. Objects that are known by
  their box alone have a box, a place among their neighbours and nothing else.
- **Tiles.** An object is always looked at as a whole, so a slide and a picture held in memory give the same numbers, to
  the last digit.
- **Plugins** add sets by an entry point of the group `cellwright.measurements`: a class that keeps the protocol
  `cellwright.measure.MeasurementSet`. `cellwright.testing.measurements.MeasurementSetTests` says whether it does.
"""
_NEEDS = {
    Needs.OUTLINES: "needs the pixels of objects",
    Needs.PIXELS: "needs the values of the picture too",
    Needs.OTHERS: "needs all objects of the picture",
}


def measurements_page() -> str:
    """Return docs/measurements.md: every column of our own sets, for a picture with one channel and for stains."""
    offer = offered(("CHANNEL",), is_rgb=True)
    parts = [_HEAD]
    for name in OWN:
        made = offer.sets[name]
        parts.append(f"## `{name}`: {made.title.lower()}\n\n{_sentence(made.needs)}\n\n{_table(offer.columns[name])}")
    return "\n".join(parts)


def _sentence(needs: Needs) -> str:
    return f"The set {_NEEDS[needs]}."


def _table(columns: Sequence[Column]) -> str:
    lines = ["| column | with a pixel size | unit | what | formula | source |", "|---|---|---|---|---|---|"]
    for column in _one_stain(columns):
        units = dict.fromkeys(column.written_unit(in_um=in_um) for in_um in (False, True))
        cells = (
            f"`{_shown(column.key)}`",
            f"`{_shown(column.header(in_um=True))}`" if column.length else "the same",
            " or ".join(unit for unit in units if unit) or "–",
            column.description,
            column.formula,
            column.source,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _one_stain(columns: Sequence[Column]) -> list[Column]:
    """Return each measurement once: stains differ by their names alone."""
    return [column for column in columns if column.of in ("", "CHANNEL", "haematoxylin")]


def _shown(name: str) -> str:
    return name.replace("CHANNEL", "*channel*").replace("haematoxylin", "*stain*")
