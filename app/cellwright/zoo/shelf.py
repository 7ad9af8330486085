"""Where model folders stand, and how a name becomes a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cellwright.bundled import bundled
from cellwright.core import ModelNotUsable, unknown_name
from cellwright.zoo.card import CARD_FILE, ModelCard, load_card
from cellwright.zoo.foreign import DESCRIPTION_FILES, description_file
from cellwright.zoo.packs import pack_dirs

MODELS_VARIABLE = "CELLWRIGHT_MODELS"
"""Environment variable with further folders of models, separated as in ``PATH``."""

_SAYING = (CARD_FILE, *DESCRIPTION_FILES)
"""Files that make a folder a model folder."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One folder on the shelf.

    Parameters
    ----------
    folder : Path
        Where it is.
    card : ModelCard or None
        Its card, or None when the card cannot be used.
    problem : str
        Why not, in words for a person; empty when it can.
    """

    folder: Path
    card: ModelCard | None
    problem: str = ""

    @property
    def name(self) -> str:
        """Name to ask for it by."""
        return self.card.name if self.card else self.folder.name


def user_models_dir() -> Path:
    """Return the folder of the person's own models, which need not exist yet."""
    return Path(platformdirs.user_data_dir("cellwright", appauthor=False)) / "models"


def model_dirs(*, imported: bool = True) -> tuple[Path, ...]:
    """Return the folders that are searched for models, the first found wins; see `pack_dirs` for `imported`.

    Those of the variable, the person's own, the shipped ones, then those of installed packages: none of these takes the
    name of a shipped model.
    """
    named = tuple(Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part)
    return (*named, user_models_dir(), bundled("models"), *pack_dirs(imported=imported))


def list_models(*, imported: bool = True) -> tuple[ListedModel, ...]:
    """Return every model folder that can be found, sorted by name; broken ones are listed with their problem.

    Parameters
    ----------
    imported : bool
        Whether packages that bring models are imported now; else models of those that were not yet are left out.
    """
    found: dict[str, ListedModel] = {}
    for folder in model_dirs(imported=imported):
        for path in sorted({path.parent for name in _SAYING for path in folder.glob(f"*/{name}")}):
            entry = _listed(path)
            found.setdefault(entry.name, entry)
    return tuple(found[name] for name in sorted(found))


def find_model(name_or_path: str | Path) -> Path:
    """Return the folder of a model, by its name or by a path to the folder or its card.

    Raises
    ------
    UnknownName
        If no model has that name; the message offers the nearest one.
    ModelNotUsable
        If a path is given and no model is there.
    """
    path = Path(name_or_path)
    if path.name in _SAYING and path.is_file():
        return path.parent
    if (path / CARD_FILE).is_file() or description_file(path) is not None:
        return path
    if path.is_absolute() or len(path.parts) != 1 or path.exists():
        raise ModelNotUsable(f"{path} is no model folder: it has no {CARD_FILE}.")
    for entry in list_models():
        if entry.name == str(name_or_path):
            return entry.folder
    raise unknown_name("model", str(name_or_path), (entry.name for entry in list_models()))


def _listed(folder: Path) -> ListedModel:
    try:
        return ListedModel(folder, load_card(folder))
    except ModelNotUsable as error:
        return ListedModel(folder, None, str(error))
