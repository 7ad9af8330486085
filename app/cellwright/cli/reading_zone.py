"""``cellwright reading-zone``: where on a smear cells lie in one layer, and why there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.core import OutputExists, PixelSize, PixelSizeSource
from cellwright.workflows.batch_sources import series_of
from cellwright.workflows.reading_zone import FindReadingZone, ReadingZone
from cellwright.workflows.reading_zone_choice import FieldKind, ZoneRules
from cellwright.workflows.region_files import write_zones

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Map the smear and say where to count; `Exit.INCOMPLETE` where no part of it is fit."""
    from cellwright.imaging import SlideRef

    path = options.slide.expanduser()
    if options.out and options.out.exists() and not options.overwrite:
        raise OutputExists(f"{options.out} is there already; choose another name, or agree with --overwrite.")
    um = options.pixel_size
    size = None if um is None else PixelSize(um, um, PixelSizeSource.USER)
    series = 0 if options.series is None else series_of(path, options.series)[0]
    picture = SlideRef(path.absolute(), series)
    rules = ZoneRules(most_zones=options.zones)
    with watching(is_silent=options.json) as watcher:
        found = watcher.run(FindReadingZone(picture, options.red_cell_px, size, rules))
    if options.json:
        print_json(_json(found))
    else:
        _print(found)
    if options.out:
        say(f"Written: {write_zones(options.out, found, overwrite=options.overwrite)}")
    return Exit.DONE if found.zones else Exit.INCOMPLETE


def _print(found: ReadingZone) -> None:
    header = ["Area", "From y, x", "To y, x", "Share of the slide"]
    if found.zones:
        print_table("Where to count", header, [_cells(found, number) for number in range(len(found.zones))])
    for number, zone in enumerate(found.zones, start=1):
        say(f"{number}: {zone.reason}" if len(found.zones) > 1 else zone.reason)
    if not found.zones:
        say(found.reason)


def _cells(found: ReadingZone, number: int) -> list[str]:
    zone = found.zones[number]
    low, high = zone.outline.min(axis=0), zone.outline.max(axis=0)
    share = zone.area_px / (found.smear.shape[0] * found.smear.shape[1])
    return [str(number + 1), f"{low[0]:,.0f}, {low[1]:,.0f}", f"{high[0]:,.0f}, {high[1]:,.0f}", f"{share:.1%}"]


def _json(found: ReadingZone) -> dict[str, object]:
    kinds = found.smear.kinds()
    return {
        "reason": found.reason,
        "zones": [
            {
                "outline_yx": zone.outline.tolist(),
                "holes_yx": [hole.tolist() for hole in zone.holes],
                "area_px2": zone.area_px,
                "reason": zone.reason,
            }
            for zone in found.zones
        ],
        "field_px": found.smear.step_px,
        "share_of_fields": {kind.name.lower(): float((kinds == kind).mean()) for kind in FieldKind},
    }
