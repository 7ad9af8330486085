"""What was counted on pictures, as JSON for scripts."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.cli.areas import areas_json, ratio_json
from cellwright.workflows import (
    PARTS,
    Analysis,
    CountRow,
    CountTable,
    area_table,
    chest_ratio,
    finds_outlines,
    parts_said,
)
from cellwright.zoo import ModelCard


def picture_json(analysis: Analysis, table: CountTable, thresholds: tuple[float, ...]) -> dict[str, object]:
    """Return what is known of a picture and what was counted on it."""
    ratio = chest_ratio(analysis, thresholds)
    picture = analysis.picture
    size = picture.pixel_size
    return {
        "name": picture.name,
        "path": str(picture.path),
        "sha256": picture.sha256,
        "height_px": picture.shape[0],
        "width_px": picture.shape[1],
        "pixel_size_um": None if size is None else {"y": size.y_um, "x": size.x_um, "source": size.source.value},
        "device": analysis.device,
        "engine": analysis.engine,
        "seconds": round(analysis.seconds, 3),
        "notes": list(analysis.notes),
        **counts_json(table),
        **(areas_json(area_table(analysis, thresholds)) if finds_outlines(analysis.card) else {}),
        **_named(analysis),
        **({} if ratio is None else {"cardiothoracic": ratio_json(ratio)}),
    }


def parts_json(parts: Sequence[ModelCard]) -> dict[str, object]:
    """Return the two models of a cascade; nothing where one model answered."""
    return {PARTS: parts_said(parts)} if parts else {}


def _named(analysis: Analysis) -> dict[str, object]:
    """Return what a classifier said of a whole picture; nothing where objects were found on it."""
    said = analysis.probabilities
    if said is None or analysis.card.task != "classification" or not len(said.values):
        return {}
    return {"probabilities": dict(zip(said.classes, said.values[0].astype(float).tolist(), strict=True))}


def counts_json(table: CountTable) -> dict[str, object]:
    """Return counts, shares and densities with their intervals."""
    return {
        "level": table.level,
        "intervals": table.method,
        "analysed_mm2": table.area_mm2,
        "complete": table.is_complete,
        "coverage": table.note,
        "counts": {row.name: _row_json(row) for row in (*table.rows, table.total)},
    }


def _row_json(row: CountRow) -> dict[str, object]:
    return {
        "count": row.count,
        "count_interval": list(row.count_interval),
        "share": row.share,
        "share_interval": None if row.share_interval is None else list(row.share_interval),
        "per_mm2": row.per_mm2,
        "per_mm2_interval": None if row.per_mm2_interval is None else list(row.per_mm2_interval),
    }
