"""How areas of classes and the cardiothoracic ratio are said, to a person and as JSON."""

from __future__ import annotations

from cellwright.cli.console import print_table, say
from cellwright.measure import CardiothoracicRatio, HorizontalLine
from cellwright.workflows import AreaRow, AreaTable


def print_areas(title: str, table: AreaTable) -> None:
    """Print the area of each class, in µm² where the pixel size is known."""
    in_um = table.analysed_um2 is not None
    header = ["Class", f"Area ({'µm²' if in_um else 'px²'})", "Share of the picture", "Parts"]
    print_table(f"{title}: {table.note}", header, [_cells(row) for row in (*table.rows, table.total)])


def say_ratio(name: str, ratio: CardiothoracicRatio) -> None:
    """Say the cardiothoracic ratio of a picture with its two widths."""
    heart, thorax = ratio.heart_line.length_px, ratio.thorax_line.length_px
    say(f"{name}: cardiothoracic ratio {ratio.ratio:.3f} (heart {heart:.0f} px of {thorax:.0f} px)")


def areas_json(table: AreaTable) -> dict[str, object]:
    """Return the areas as plain values by class."""
    return {
        "analysed_px2": table.analysed_px2,
        "analysed_um2": table.analysed_um2,
        "areas": {
            row.name: {
                "area_px2": row.area_px2,
                "area_um2": row.area_um2,
                "percent": row.percent,
                "objects": row.objects,
            }
            for row in (*table.rows, table.total)
        },
    }


def ratio_json(ratio: CardiothoracicRatio) -> dict[str, object]:
    """Return the ratio and its two lines as plain values."""
    return {
        "ratio": round(ratio.ratio, 6),
        "heart_line": _line_json(ratio.heart_line),
        "thorax_line": _line_json(ratio.thorax_line),
    }


def _line_json(line: HorizontalLine) -> dict[str, float]:
    return {"y": line.y, "x0": line.x0, "x1": line.x1}


def _cells(row: AreaRow) -> list[str]:
    area = f"{row.area_px2:,}" if row.area_um2 is None else f"{row.area_um2:,.1f}"
    return [row.title, area, "" if row.percent is None else f"{row.percent:.2f} %", f"{row.objects:,}"]
