"""Two facts that a laboratory puts down: that a differential was signed off, and the factor of its own microscope."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from cellwright.core import BadParameter

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Estimated(str, Enum):
    """What is estimated per microlitre of blood."""

    WHITE = "white cells"
    """All white cells, told apart or not."""
    PLATELETS = "platelets"
    """Platelets."""


@dataclass(frozen=True, slots=True)
class SignOffRecord:
    """A person has put their name to a differential.

    Parameters
    ----------
    id : int
        Its number; never given twice.
    time, author : str
        When (ISO 8601 in UTC) and who.
    cells : int
        How many cells it is about.
    sha256 : str
        Of the cells and their classes, 64 hexadecimal digits: as long as it is the same, the signature holds.
    counts : str
        JSON: number of cells by class.
    remark : str
        In the person's words; may be empty.

    Raises
    ------
    BadParameter
        If nobody signs, or what is signed is not told.
    """

    id: int
    time: str
    author: str
    cells: int
    sha256: str
    counts: str
    remark: str = ""

    def __post_init__(self) -> None:
        if not self.author.strip():
            raise BadParameter("A differential is signed off with a name; enter yours.")
        if self.cells < 0 or not _SHA256.fullmatch(self.sha256):
            raise BadParameter("A signature needs the number of cells and their SHA-256 in 64 digits.")


@dataclass(frozen=True, slots=True)
class LaboratoryFactorRecord:
    """What a laboratory multiplies the cells of a field by to have those of a microlitre.

    Parameters
    ----------
    id : int
        Its number.
    time, author : str
        When (ISO 8601 in UTC) it was entered, and by whom.
    estimated : Estimated
        What it is for.
    per_ul : float
        Cells per microlitre for each cell of a field, above 0; found by the laboratory itself, by counting smears of
        blood whose number it knows.
    field_mm2 : float or None
        Area of the field it was found on, in mm²; None where each picture is such a field.

    Raises
    ------
    BadParameter
        If a number is impossible, or nobody enters it.
    """

    id: int
    time: str
    author: str
    estimated: Estimated
    per_ul: float
    field_mm2: float | None = None

    def __post_init__(self) -> None:
        # From the database it comes as a plain word.
        object.__setattr__(self, "estimated", Estimated(self.estimated))
        if not self.author.strip():
            raise BadParameter("A laboratory's factor is entered by somebody; give a name.")
        numbers = [self.per_ul] if self.field_mm2 is None else [self.per_ul, self.field_mm2]
        if not all(math.isfinite(each) and each > 0 for each in numbers):
            raise BadParameter(f"A factor per µL and the area of its field are above 0, not {numbers}.")
