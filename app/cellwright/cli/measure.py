"""``cellwright measure``: the objects of pictures or of a project, measured, as a table or in short."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.cli.confidence import at_confidence
from cellwright.cli.console import Watcher, print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.cli.measure_choices import measure_options
from cellwright.core import BadParameter, CellwrightError, ModelNotUsable, PixelSize, PixelSizeSource, UnknownName
from cellwright.export import Table, write_csv, write_parquet, write_xlsx
from cellwright.measure import Column, offered
from cellwright.workflows import Analysis, AnalyzePicture, LeftOut, analyses_of_project, is_project, notes
from cellwright.workflows.batch_sources import find_slides
from cellwright.workflows.measuring import MeasureAnalyses, measuring_notes, refuse_unknown_columns

if TYPE_CHECKING:
    from argparse import Namespace

_WRITERS = (".csv", ".xlsx", ".parquet")


def run(options: Namespace) -> int:
    """Measure what was asked for; a picture that cannot be read does not stop the rest."""
    if options.list:
        return _list(options)
    if not options.paths:
        raise BadParameter("Name a project, or pictures to look for cells on; --list says what can be measured.")
    if options.out and options.out.suffix.lower() not in _WRITERS:
        raise BadParameter(f"{options.out.name} tells no kind of table; end it in {', '.join(_WRITERS)}.")
    chosen = measure_options(options)
    with watching(is_silent=options.json) as watcher:
        analyses, left_out = _analyses(options, watcher)
        if not analyses:
            for left in left_out:
                say(f"Left out: {left}")
            raise BadParameter("Nothing could be measured; name a project with objects, or pictures.")
        refuse_unknown_columns(options.columns, analyses[0])
        counted, thresholds = at_confidence(options.confidence, analyses)
        operation = MeasureAnalyses(counted, options.columns, chosen, thresholds)
        table = watcher.run(operation)
    said = [*notes(counted, thresholds), *measuring_notes(operation)]
    if options.out:
        _write(options.out, table, said, overwrite=options.overwrite)
        say(f"{len(table):,} objects with {len(table.columns)} columns written to {options.out}")
    _show(table, options)
    if any(objects.objects.masks is None for objects in analyses):
        say("Some objects are known by their boxes alone: they have a place and neighbours, but no outline to measure.")
    for left in left_out:
        say(f"Left out: {left}")
    return Exit.INCOMPLETE if left_out else Exit.DONE


def _list(options: Namespace) -> int:
    offer = offered(("CHANNEL",), is_rgb=True)
    rows = [
        (name, column.key, _either_unit(column), column.description)
        for name, columns in offer.columns.items()
        for column in columns
    ]
    if options.json:
        print_json([{"set": a, "column": b, "unit": c, "description": d} for a, b, c, d in rows])
    else:
        print_table("", ["Set", "Column", "Unit", "What"], rows, left=4)
    for line in offer.left_out:
        say(line)
    return Exit.INCOMPLETE if offer.left_out else Exit.DONE


def _either_unit(column: Column) -> str:
    """Return the unit without and with a pixel size."""
    return " or ".join(dict.fromkeys(column.written_unit(in_um=in_um) for in_um in (False, True)))


def _analyses(options: Namespace, watcher: Watcher) -> tuple[list[Analysis], list[LeftOut]]:
    size = None if options.pixel_size is None else _square(options.pixel_size)
    if len(options.paths) == 1 and is_project(Path(options.paths[0])):
        from cellwright.project import Project

        with Project(options.paths[0], read_only=True) as project:
            analyses, left_out = analyses_of_project(project)
        return [each if size is None else each.with_pixel_size(size) for each in analyses], list(left_out)
    found = find_slides(options.paths)
    analyses, left_out = [], list(found.left_out)
    for number, slide in enumerate(found.slides):
        operation = AnalyzePicture(slide.path, options.model, options.device, size)
        try:
            analyses.append(watcher.run(operation, number=number, of=len(found.slides)))
        except (ModelNotUsable, UnknownName, BadParameter):
            raise  # would be the same for every picture
        except CellwrightError as error:
            left_out.append(LeftOut(str(slide.path), str(error)))
    return analyses, left_out


def _square(um: float) -> PixelSize:
    return PixelSize(um, um, PixelSizeSource.USER)


def _write(path: Path, table: Table, said: Sequence[str], *, overwrite: bool) -> None:
    kind = path.suffix.lower()
    if kind == ".csv":
        write_csv(path, table, overwrite=overwrite)
    elif kind == ".xlsx":
        write_xlsx(path, [table], said, overwrite=overwrite)
    else:
        write_parquet(path, table, {"notes": "\n".join(said)}, overwrite=overwrite)


def _show(table: Table, options: Namespace) -> None:
    """Print how each measurement is spread over all objects: middle half and ends."""
    rows = []
    for column in table.columns[4:]:
        values = np.asarray(column.values, np.float64)
        known = values[np.isfinite(values)]
        if len(known):
            rows.append((column, len(known), np.quantile(known, [0, 0.25, 0.5, 0.75, 1])))
    if options.json:
        names = ("least", "quarter", "median", "three_quarters", "largest")
        said = {
            column.name: {"unit": column.unit, "objects": n, **dict(zip(names, five.tolist(), strict=True))}
            for column, n, five in rows
        }
        print_json({"objects": len(table), "columns": said, "written": str(options.out) if options.out else None})
        return
    header = ["Column", "Unit", "Objects", "Least", "A quarter below", "Median", "A quarter above", "Largest"]
    cells = [(column.name, column.unit, f"{n:,}", *(f"{value:,.4g}" for value in five)) for column, n, five in rows]
    print_table(f"{len(table):,} objects", header, cells, left=2)
