"""Projects that make themselves: who corrects without a project gets one in their own data folder, nothing to save."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

import platformdirs

_TIME = "%Y-%m-%d %H.%M.%S"


def drafts_folder() -> Path:
    """Return where drafts lie; it need not exist."""
    return Path(platformdirs.user_data_dir("cellwright", appauthor=False)) / "drafts"


def new_draft(now: datetime | None = None) -> Path:
    """Return a folder for another draft, named after the time; it is not made yet."""
    name = (now or datetime.now().astimezone()).strftime(_TIME)
    folder = drafts_folder() / name
    return folder if not folder.exists() else folder.with_name(f"{name} {secrets.token_hex(2)}")


def is_draft(folder: Path) -> bool:
    """Return whether a project made itself."""
    return folder.resolve().parent == drafts_folder().resolve()


def title_of(folder: Path) -> str:
    """Return what a project is called: its folder's name; a draft is named after the day it was begun."""
    if not is_draft(folder):
        return folder.name
    try:
        begun = datetime.strptime(folder.name[:19], _TIME)  # noqa: DTZ007 - shown as it was written, in local time
    except ValueError:
        return f"Draft {folder.name}"
    return f"Draft of {begun.day} {begun:%b %Y, %H:%M}"
