"""A project copied to another folder: its database, what lies beside it, and pictures that are still found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from cellwright.annotation import Edit, EditKind, RecordChange
from cellwright.core import OutputExists, OutputNotWritable
from cellwright.project.connection import DATABASE
from cellwright.project.measured import MEASURED
from cellwright.project.opening import GATES, LABELS
from cellwright.project.pictures import place_of, written_path
from cellwright.project.project import Project


def copy_project(project: Project, folder: str | Path, author: str) -> Project:
    """Copy an open project into a new or empty folder, and open the copy; the journal comes along.

    Where pictures lie is written down anew, as one step, where it would not be found from the new folder.

    Raises
    ------
    OutputExists, OutputNotWritable
        If the folder holds something or cannot be written; then nothing is left of the copy.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputExists(f"{target} is not empty; choose a new folder for the project.")
    was_there = target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        project.write_copy(target / DATABASE)
        for name in (LABELS, MEASURED):
            if (project.folder / name).is_dir():
                shutil.copytree(project.folder / name, target / name)
        if (project.folder / GATES).is_file():
            shutil.copyfile(project.folder / GATES, target / GATES)
        copy = Project(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(target, ignore_errors=True)
        if was_there:
            target.mkdir()
        raise OutputNotWritable(
            f"The project could not be copied to {target}: {error}; choose another folder."
        ) from error
    moved = []
    for each in copy.pictures():
        path = written_path(target, place_of(project.folder, each.path))
        if path != each.path:
            moved.append(RecordChange(each, replace(each, path=path)))
    if moved:
        copy.apply(Edit(EditKind.PICTURES, records=tuple(moved), reason="the project was moved"), author, is_aside=True)
    return copy
