"""Where tuned models come from, whether they were found better, and which of a family is in use."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.core.atomic import replacing
from cellwright.zoo.card import CARD_FILE, load_card
from cellwright.zoo.part import Part
from cellwright.zoo.shelf import find_model, list_models, user_models_dir

LINEAGE_FILE = "lineage.json"
IN_USE_FILE = "in-use.json"


class Lineage(Part):
    """What a tuned model was made from and what came of it; stands beside its card.

    Parameters
    ----------
    parent : str
        ``NAME@HASH12`` of the model it began from.
    family : str
        Name of the model that stands at the beginning of the line.
    project : str
        Folder of the project whose corrections it learned.
    journal_entry : int
        The latest entry of the project's journal that is in it.
    data_sha256 : str
        Of everything that it learned from.
    pictures, objects : int
        How much that was.
    held_out : int
        Pictures it was judged on.
    layers : str
        What of it was taught.
    verdict : dict
        What the gate said, see `workflows.gate.Verdict`.
    is_better : bool
        Whether the gate found it better than its parent.
    made : str
        When, ISO 8601 in UTC.
    """

    format: int = Field(default=1, ge=1, le=1)
    parent: str
    family: str
    project: str = ""
    journal_entry: int = Field(default=0, ge=0)
    data_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    pictures: int = Field(default=0, ge=0)
    objects: int = Field(default=0, ge=0)
    held_out: int = Field(default=0, ge=0)
    layers: str = ""
    verdict: dict[str, JsonValue] = Field(default={})
    is_better: bool = False
    made: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class _InUse(Part):
    """For each family the models that were put in use, the latest last; the original is never in the list."""

    format: int = Field(default=1, ge=1, le=1)
    lines: dict[str, tuple[str, ...]] = Field(default={})
    replay: dict[str, str] = Field(default={})


def read_lineage(folder: Path) -> Lineage | None:
    """Return where a model comes from; None for one that was not tuned here.

    Raises
    ------
    ModelNotUsable
        If the file is damaged.
    """
    path = folder / LINEAGE_FILE
    if not path.exists():
        return None
    try:
        return Lineage.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise ModelNotUsable(f"{path} cannot be read: {error}. The model itself can still be used.") from error


def write_lineage(folder: Path, lineage: Lineage) -> None:
    """Put a model's lineage beside its card."""
    with replacing(folder / LINEAGE_FILE) as part:
        part.write_text(lineage.model_dump_json(indent=2) + "\n", encoding="utf-8")


def family_of(model: str | Path) -> str:
    """Return the name of the model that stands at the beginning of a model's line."""
    folder = find_model(model)
    lineage = read_lineage(folder)
    return lineage.family if lineage else load_card(folder).name


def keep_model(made: Path, lineage: Lineage, shelf: Path | None = None) -> Path:
    """Put a tuned model on the shelf, with its lineage; whether it was found better or not.

    Parameters
    ----------
    made : Path
        The model folder as the training left it.
    lineage : Lineage
        Stands beside its card from now on.
    shelf : Path, optional
        Folder of models; the person's own where none is given.

    Returns
    -------
    Path
        Its folder on the shelf.

    Raises
    ------
    BadParameter
        If another model of that name stands there.
    """
    name = load_card(made).name
    folder = (shelf or user_models_dir()) / name
    if folder.exists():
        raise BadParameter(f"There is a model {name} already; choose another name.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(made, part)
    write_lineage(part, lineage)
    part.replace(folder)
    return folder


def free_name(model: str, shelf: Path | None = None) -> str:
    """Return a name for a tuned model that nobody has: ``nuclei-stardist-t1``, ``-t2`` and so on."""
    taken = {entry.name for entry in list_models()}
    if shelf is not None and shelf.is_dir():
        taken |= {path.parent.name for path in shelf.glob(f"*/{CARD_FILE}")}
    family = family_of(model)
    number = 1
    while f"{family}-t{number}" in taken:
        number += 1
    return f"{family}-t{number}"


def tuned_models(family: str | None = None) -> list[tuple[Path, Lineage]]:
    """Return the tuned models on the shelf, of one family or of all, oldest first."""
    found = []
    for entry in list_models():
        lineage = None if entry.card is None else read_lineage(entry.folder)
        if lineage is not None and family in (None, lineage.family):
            found.append((entry.folder, lineage))
    return sorted(found, key=lambda pair: (pair[1].made, pair[0].name))


def in_use(family: str) -> str:
    """Return the name of the model of a family that is in use: the original, unless one was promoted."""
    line = _read().lines.get(family, ())
    return line[-1] if line else family


def promote(model: str | Path, *, anyway: bool = False) -> str:
    """Put a tuned model in its family's use.

    Parameters
    ----------
    model : str or Path
        Name or folder.
    anyway : bool
        Whether to do so although the gate did not find it better.

    Returns
    -------
    str
        The model that was in use until now.

    Raises
    ------
    BadParameter
        If it was not found better than its parent, or was not tuned here.
    UnknownName, ModelNotUsable
        If there is no such model.
    """
    folder = find_model(model)
    lineage, name = read_lineage(folder), load_card(folder).name
    if lineage is None:
        raise BadParameter(f"{name} was not tuned here; there is nothing to promote.")
    if not lineage.is_better and not anyway:
        said = lineage.verdict.get("sentence") or "It was not judged."
        raise BadParameter(f"{name} was not found better than {lineage.parent}: {said}")
    known = _read()
    before = in_use(lineage.family)
    if before != name:
        line = (*known.lines.get(lineage.family, ()), name)
        _write(known.model_copy(update={"lines": {**known.lines, lineage.family: line}}))
    return before


def rollback(family: str) -> tuple[str, str]:
    """Go back to the model that was in use before.

    Returns
    -------
    str, str
        The model that was in use, and the one that is now.

    Raises
    ------
    BadParameter
        If the original is in use.
    """
    known = _read()
    line = known.lines.get(family, ())
    if not line:
        raise BadParameter(f"{family} itself is in use; there is nothing to go back to.")
    _write(known.model_copy(update={"lines": {**known.lines, family: line[:-1]}}))
    return line[-1], in_use(family)


def remember_replay(family: str, data: Path) -> None:
    """Remember where the data lies that a family was first taught with."""
    known = _read()
    _write(known.model_copy(update={"replay": {**known.replay, family: str(data.resolve())}}))


def remembered_replay(family: str) -> Path | None:
    """Return where that data lies; None where nobody said, or it is gone."""
    said = _read().replay.get(family)
    return Path(said) if said is not None and Path(said).exists() else None


def _read() -> _InUse:
    path = user_models_dir() / IN_USE_FILE
    try:
        return _InUse.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return _InUse()  # never a reason not to start: the originals are in use


def _write(known: _InUse) -> None:
    with replacing(user_models_dir() / IN_USE_FILE) as part:
        part.write_text(known.model_dump_json(indent=2) + "\n", encoding="utf-8")


def lineage_rows(family: str | None = None) -> list[dict[str, Any]]:
    """Return the tuned models as plain values for a table, a graph or JSON."""
    rows = []
    for folder, lineage in tuned_models(family):
        name = load_card(folder).name
        words = lineage.model_dump(mode="json")
        rows.append({"name": name, "folder": str(folder), "is_in_use": in_use(lineage.family) == name, **words})
    return rows
