"""What part each class plays in a white-cell differential, told by its name unless a person says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from cellwright.core import BadParameter, unknown_name


class CellRole(str, Enum):
    """Where cells of a class stand in a differential."""

    WHITE = "white"
    """A kind of white cell: one of those that are 100 per cent together."""
    PER_100 = "per-100"
    """No white cell, but told beside them, for each 100 of them: erythroblasts, smudge cells."""
    UNIDENTIFIED = "unidentified"
    """A white cell that nobody or nothing could tell: kept apart from the 100 per cent."""
    PLATELET = "platelet"
    """Counted for the estimate of platelets, no part of the differential."""
    LEFT_OUT = "left-out"
    """No part of it: red cells, and whatever has no name that is known."""


_WHITE = (
    "neutrophil", "segmented neutrophil", "segmented", "band neutrophil", "band", "lymphocyte", "monocyte",
    "eosinophil", "basophil", "immature granulocyte", "ig", "metamyelocyte", "myelocyte", "promyelocyte", "blast",
    "blast cell", "myeloblast", "lymphoblast", "monoblast", "promonocyte", "prolymphocyte", "plasma cell",
    "atypical lymphocyte", "variant lymphocyte", "reactive lymphocyte", "large granular lymphocyte",
    "neu", "lym", "mon", "eos", "bas", "ne", "ly", "mo", "eo", "ba", "sne", "bne", "hairy cell", "promyelocyte",
)  # fmt: skip
_PER_100 = (
    "erythroblast", "normoblast", "nucleated red blood cell", "nucleated red cell", "nrbc", "smudge cell", "smudge",
    "basket cell", "gumprecht shadow", "megakaryocyte", "micromegakaryocyte", "ebo", "erb",
)  # fmt: skip
_UNIDENTIFIED = ("unidentified", "not classed", "unknown", "unclassified", "other white cell", "other")
_PLATELET = ("platelet", "plt", "thrombocyte", "giant platelet", "giant thrombocyte")
_ANY_WHITE = ("wbc", "white blood cell", "white cell", "leukocyte", "leucocyte")


def _plain(name: str) -> str:
    """Return the letters and digits of a name, so that ``"Smudge cells"`` and ``"smudge_cell"`` are the same."""
    letters = "".join(each for each in name.lower() if each.isalnum())
    return letters.removesuffix("s") if len(letters) > 4 else letters


_ROLES = {
    _plain(name): role
    for role, names in (
        (CellRole.WHITE, _WHITE),
        (CellRole.PER_100, _PER_100),
        (CellRole.UNIDENTIFIED, _UNIDENTIFIED),
        (CellRole.PLATELET, _PLATELET),
    )
    for name in names
}
_OF_ANY_KIND = {_plain(name) for name in _ANY_WHITE}


def roles_of(
    classes: Iterable[str], titles: Mapping[str, str] | None = None, said: Mapping[str, CellRole] | None = None
) -> dict[str, CellRole]:
    """Return the part that each class plays.

    A class of white cells of no kind ("WBC") is unidentified beside classes that tell kinds, and white where there are
    none.

    Parameters
    ----------
    classes : iterable of str
        Names, as in files.
    titles : mapping, optional
        As shown, by name; asked where the name says nothing.
    said : mapping, optional
        What a person says, by name; it has the last word.

    Raises
    ------
    UnknownName
        If `said` names a class that is not there.
    """
    names, shown, told = list(classes), titles or {}, said or {}
    strange = [name for name in told if name not in names]
    if strange:
        raise unknown_name("class", strange[0], names)
    found = {name: _ROLES.get(_plain(name)) or _ROLES.get(_plain(shown.get(name, ""))) for name in names}
    kinds_are_told = CellRole.WHITE in found.values()
    roles = {}
    for name in names:
        is_any = _plain(name) in _OF_ANY_KIND or _plain(shown.get(name, "")) in _OF_ANY_KIND
        whole = CellRole.UNIDENTIFIED if kinds_are_told else CellRole.WHITE
        roles[name] = told.get(name) or found[name] or (whole if is_any else CellRole.LEFT_OUT)
    return roles


def read_roles(text: str) -> dict[str, CellRole]:
    """Read ``"NAME=white,OTHER=per-100"``.

    Raises
    ------
    BadParameter
        If it reads otherwise.
    """
    roles = {}
    for part in (each.strip() for each in text.split(",") if each.strip()):
        name, sign, role = (each.strip() for each in part.partition("="))
        if not sign or not name or role not in {each.value for each in CellRole}:
            known = ", ".join(each.value for each in CellRole)
            raise BadParameter(f"{part!r} gives no class a part; write NAME=PART, the part being one of {known}.")
        roles[name] = CellRole(role)
    return roles
