"""Cells per microlitre, estimated from a smear with the factor that a laboratory found for its own microscope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cellwright.annotation import Estimated, LaboratoryFactorRecord
from cellwright.stats import Interval, quasi_poisson_interval, rate_interval
from cellwright.workflows.cell_roles import CellRole
from cellwright.workflows.differential_cells import FieldCells
from cellwright.workflows.sure_counts import FEWEST_FIELDS

_COUNTED = {
    Estimated.WHITE: (CellRole.WHITE, CellRole.UNIDENTIFIED),
    Estimated.PLATELETS: (CellRole.PLATELET,),
}


@dataclass(frozen=True, slots=True)
class PerMicrolitre:
    """An estimate.

    Parameters
    ----------
    factor : LaboratoryFactorRecord
        The laboratory's own, with who entered it and when.
    count : int
        Cells it was made from.
    fields : float
        On how many fields, as the factor understands them; 0 where areas are unknown.
    value : float or None
        Cells per microlitre; None where a picture has no pixel size and the factor is for an area.
    interval : Interval or None
        What chance of counting makes of it. The factor's own error is not in it.
    method : str
        What the interval is.
    """

    factor: LaboratoryFactorRecord
    count: int
    fields: float
    value: float | None
    interval: Interval | None
    method: str


def per_microlitre(
    fields: Sequence[FieldCells], roles: Mapping[str, CellRole], factor: LaboratoryFactorRecord, level: float = 0.95
) -> PerMicrolitre:
    """Return cells per field times the factor, with the interval that chance of counting gives it.

    Parameters
    ----------
    fields : sequence of FieldCells
        The pictures.
    roles : mapping
        What part each class plays.
    factor : LaboratoryFactorRecord
        For which cells, how much, and for what area.
    level : float
        In (0, 1).
    """
    wanted = _COUNTED[factor.estimated]
    counts = np.array(
        [sum(n for name, n in each.counts().items() if roles[name] in wanted) for each in fields], np.int64
    )
    total = int(counts.sum())
    exposures = _exposures(fields, factor.field_mm2)
    if exposures is None:
        return PerMicrolitre(factor, total, 0.0, None, None, "the pixel size of a picture is missing")
    size = float(exposures.sum())
    if len(counts) >= FEWEST_FIELDS:
        interval, method = quasi_poisson_interval(counts, exposures, level), "quasi-Poisson between pictures"
    else:
        interval, method = rate_interval(total, size, level), "exact Poisson, cells independent"
    return PerMicrolitre(factor, total, size, factor.per_ul * total / size, interval.scaled(factor.per_ul), method)


def _exposures(
    fields: Sequence[FieldCells], field_mm2: float | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    """Return how many fields each picture is worth; None where nobody knows."""
    if field_mm2 is None:
        return np.ones(len(fields))
    areas = [each.area_mm2 for each in fields]
    if any(not area for area in areas):
        return None
    return np.array(areas, np.float64) / field_mm2
