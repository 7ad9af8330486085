"""What the program remembers for one person between two starts: looks, recent files, last choices.

A damaged or foreign settings file never keeps the program from starting: every entry is judged alone, and one that
cannot be used is left out with a line in the log.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cellwright.core import OutputNotWritable
from cellwright.core.atomic import replacing

_log = logging.getLogger(__name__)

FOLDER_VARIABLE = "CELLWRIGHT_CONFIG_DIR"
"""Environment variable that names another folder for the settings."""

RECENT_FILES_KEPT = 12
RECENT_PROJECTS_KEPT = 8


class Settings(BaseModel):
    """One person's choices; every field has a default, and assignment is checked.

    Attributes
    ----------
    theme : {"system", "dark", "light"}
        Looks of the window.
    recent_files : list of str
        Absolute paths, newest first, at most `RECENT_FILES_KEPT`.
    recent_projects : list of str
        Folders of projects, newest first, at most `RECENT_PROJECTS_KEPT`.
    laboratory : str
        Who reports are from.
    author : str
        Who corrects, as the history of a cell names them; empty for the name of the account.
    last_open_folder, last_export_folder : str or None
        Where the file dialogs start.
    export_formats : list of str
        Formats ticked last in the export dialog.
    model : str or None
        Name or folder of the model used last.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` …
    show_boxes, show_labels, show_scale_bar, show_outlines, show_fill, show_points, show_boxes_too : bool
        What is drawn over the picture; `show_boxes_too` for cells that have an outline as well.
    show_density, show_coverage, show_overview : bool
        What is drawn on slides: how dense cells lie, the account of tiles, the small map of the whole.
    analyze_on_open : bool
        Whether a picture is analyzed as soon as it is opened.
    overlay_opacity, outlines_opacity, fill_opacity, points_opacity : float
        Of boxes, outlines, insides and middles of cells, in [0, 1].
    colour_by : str
        What the colours of cells stand for: ``"class"``, ``"object"``, ``"score"``, ``"area"``, or ``"column:"`` with
        the name of a measured column.
    table_columns : list of str
        Names of the columns that the table of cells shows; empty for the usual ones.
    shortcut_scheme : str
        Whose keys are used: ``"napari"``, ``"cellpose"`` or ``"qupath"``.
    shortcuts : dict of str to str
        Key sequence by action name, where a person changed it.
    window_geometry, window_state : str
        What the window saved about itself, base64; empty if nothing yet.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True, protected_namespaces=())

    theme: Literal["system", "dark", "light"] = "dark"
    recent_files: list[str] = Field(default_factory=list)
    recent_projects: list[str] = Field(default_factory=list)
    author: str = Field(default="", max_length=100)
    laboratory: str = Field(default="", max_length=300)
    last_open_folder: str | None = None
    last_export_folder: str | None = None
    export_formats: list[str] = Field(default_factory=lambda: ["xlsx"])
    model: str | None = None
    device: str = "auto"
    show_boxes: bool = True
    show_labels: bool = True
    show_scale_bar: bool = True
    analyze_on_open: bool = True
    show_outlines: bool = True
    show_fill: bool = True
    show_points: bool = False
    show_density: bool = True
    show_coverage: bool = False
    show_overview: bool = True
    show_boxes_too: bool = False
    overlay_opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    outlines_opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    fill_opacity: float = Field(default=0.25, ge=0.0, le=1.0)
    points_opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    colour_by: str = Field(default="class", max_length=200, pattern="^(class|object|score|area|column:.+)$")
    table_columns: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default_factory=list, max_length=1000
    )
    shortcut_scheme: Literal["napari", "cellpose", "qupath"] = "napari"
    shortcuts: dict[str, str] = Field(default_factory=dict)
    window_geometry: str = ""
    window_state: str = ""

    def remember_file(self, path: str | Path) -> None:
        """Put a file at the head of the recent ones."""
        name = str(Path(path).absolute())
        self.recent_files = [name, *(other for other in self.recent_files if other != name)][:RECENT_FILES_KEPT]

    def remember_project(self, folder: str | Path) -> None:
        """Put a project at the head of the recent ones."""
        name = str(Path(folder).absolute())
        others = (other for other in self.recent_projects if other != name)
        self.recent_projects = [name, *others][:RECENT_PROJECTS_KEPT]

    def forget_project(self, folder: str | Path) -> None:
        """Take a project, for example one that was moved, from the recent ones."""
        name = str(Path(folder).absolute())
        self.recent_projects = [other for other in self.recent_projects if other != name]


def settings_path() -> Path | None:
    """Return where the settings lie, or None where they must not be touched.

    `FOLDER_VARIABLE` decides first. Without it, a test run has no settings file, so that no test can read or change
    what belongs to the person who runs it.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder) / "settings.json"
    if "pytest" in sys.modules or "PYTEST_VERSION" in os.environ:
        return None
    import platformdirs

    return Path(platformdirs.user_config_dir("cellwright", appauthor=False)) / "settings.json"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; whatever is missing, unknown or wrong gets its default.

    Parameters
    ----------
    path : Path, optional
        Another file than `settings_path`.

    Returns
    -------
    Settings
        Always; nothing is raised for any content of the file.
    """
    path = path or settings_path()
    return _from_mapping(_read(path)) if path is not None else Settings()


def save_settings(settings: Settings, path: Path | None = None) -> bool:
    """Write the settings, whole or not at all.

    Returns
    -------
    bool
        Whether they were written. A folder that cannot be written to is a line in the log: no work stops for it.
    """
    path = path or settings_path()
    if path is None:
        return False
    try:
        with replacing(path) as part:
            part.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OutputNotWritable as error:
        _log.warning("The settings were not saved. %s", error)
        return False
    return True


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s could not be read, so the default settings apply: %s", path, error)
        return {}
    if isinstance(content, dict):
        return content
    _log.warning("%s holds no settings, so the default ones apply.", path)
    return {}


def _from_mapping(content: Mapping[str, Any]) -> Settings:
    """Build settings from the entries that can be used, each judged alone."""
    usable = {}
    for key, value in content.items():
        try:
            Settings.model_validate({key: value})
        except ValidationError as error:
            _log.warning("The setting %r is left out: %s.", key, error.errors()[0]["msg"])
        else:
            usable[key] = value
    return Settings.model_validate(usable)
