"""What was counted, drawn over the picture it was counted on, with the counts in a legend."""

from __future__ import annotations

from pathlib import Path

from cellwright import export
from cellwright.core import Box, Region
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import area_table, finds_areas
from cellwright.workflows.chest import chest_ratio
from cellwright.workflows.counts import count_table
from cellwright.workflows.tables import Thresholds

OVERLAY_LONGEST_PX = 8192
"""Overlays of larger pictures are drawn at a fraction of their size."""


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
    chest = chest_ratio(analysis, thresholds)
    caption = f"{analysis.picture.name} · {analysis.objects.source} · {analysis.coverage.sentence()}"
    drawn = export.draw_overlay(
        rgb,
        analysis.counted(thresholds),
        _legend(analysis, thresholds),
        downsample=downsample,
        caption=caption if chest is None else f"Cardiothoracic ratio {chest.ratio:.3f} · {caption}",
        lines=() if chest is None else [(w.y, w.x0, w.x1) for w in (chest.heart_line, chest.thorax_line)],
    )
    return export.write_png(path, drawn, overwrite=overwrite)


def _legend(analysis: Analysis, thresholds: Thresholds) -> list[export.LegendEntry]:
    if finds_areas(analysis.card):
        return _area_legend(analysis, thresholds)
    table = count_table(analysis, thresholds)
    return [
        export.LegendEntry(
            kind.colour,
            kind.badge,
            f"{kind.name} {row.count:,} ({row.count_interval.low:,.0f} to {row.count_interval.high:,.0f})",
        )
        for kind, row in zip(analysis.card.classes, table.rows, strict=True)
    ]


def _area_legend(analysis: Analysis, thresholds: Thresholds) -> list[export.LegendEntry]:
    entries = []
    for kind, row in zip(analysis.card.classes, area_table(analysis, thresholds).rows, strict=True):
        # The font of the legend has neither a Greek letter nor a superscript.
        area = f"{row.area_px2:,} px" if row.area_um2 is None else f"{row.area_um2:,.0f} square microns"
        share = "" if row.percent is None else f" ({row.percent:.1f} %)"
        entries.append(export.LegendEntry(kind.colour, kind.badge, f"{kind.title} {area}{share}"))
    return entries
