"""``cellwright info``: what files say of themselves: sizes, levels, channels, pixel size and its source, objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say
from cellwright.cli.main import Exit
from cellwright.core import CellwrightError

if TYPE_CHECKING:
    from argparse import Namespace

    from cellwright.imaging import Slide


def run(options: Namespace) -> int:
    """Print the facts of every picture; one that cannot be opened does not stop the rest."""
    from cellwright.imaging import open_slide
    from cellwright.workflows import find_pictures

    found = find_pictures(options.paths)
    left_out = [str(left) for left in found.left_out]
    facts: list[dict[str, object]] = []
    for path in found.pictures:
        try:
            with open_slide(path) as first:
                facts.append(facts_of(first))
                count = len(first.series_names)
            for series in range(1, count):
                with open_slide(path, series) as slide:
                    facts.append(facts_of(slide))
        except CellwrightError as error:
            left_out.append(str(error))
    if options.json:
        print_json({"pictures": facts, "left_out": left_out})
    else:
        for picture in facts:
            _print(picture)
        for reason in left_out:
            say(f"Left out: {reason}")
    return Exit.INCOMPLETE if left_out or not facts else Exit.DONE


def facts_of(slide: Slide) -> dict[str, object]:
    """Return what a picture says of itself, ready for JSON."""
    size = slide.pixel_size
    return {
        "name": slide.name,
        "path": str(slide.ref.path),
        "series": slide.ref.series,
        "height_px": slide.shape[0],
        "width_px": slide.shape[1],
        "type": str(slide.dtype),
        "channels": [channel.name for channel in slide.channels],
        "planes": slide.n_z,
        "time_points": slide.n_t,
        "pixel_size_um": None if size is None else {"y": size.y_um, "x": size.x_um, "source": size.source.value},
        "pixel_size_note": slide.pixel_size_note,
        "plane_distance_um": slide.z_step_um,
        "magnification": slide.magnification,
        "levels": [{"height_px": y, "width_px": x} for y, x in slide.levels],
        "associated": list(slide.associated),
    }


def _print(facts: dict[str, object]) -> None:
    size, levels, channels = facts["pixel_size_um"], facts["levels"], facts["channels"]
    assert isinstance(levels, list)
    assert isinstance(channels, list)
    um = "unknown"
    if isinstance(size, dict):
        square = abs(size["y"] - size["x"]) < 1e-3 * size["x"]
        um = f"{size['x']:.4g} µm" if square else f"{size['y']:.4g} × {size['x']:.4g} µm (height × width)"
    step, lens = facts["plane_distance_um"], facts["magnification"]
    rows = [
        ["Size", f"{facts['width_px']:,} × {facts['height_px']:,} px"],
        ["Pixel size", f"{um}, {facts['pixel_size_note']}"],
        ["Objective", "unknown" if lens is None else f"{lens:g}×"],
        ["Levels", ", ".join(f"{level['width_px']:,} × {level['height_px']:,}" for level in levels)],
        ["Channels", f"{', '.join(channels)} ({facts['type']})"],
    ]
    if facts["planes"] != 1 or facts["time_points"] != 1:
        apart = f", {step:g} µm apart" if isinstance(step, float) else ""
        rows.append(["Stack", f"{facts['planes']} planes{apart}, {facts['time_points']} time points"])
    if facts["associated"]:
        assert isinstance(facts["associated"], list)
        rows.append(["With it", ", ".join(facts["associated"])])
    print_table(str(facts["name"]), ["", ""], rows, left=2)
    print()
