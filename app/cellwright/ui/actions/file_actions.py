"""What the window can be told to do with files and projects."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE, _OBJECTS = Needs.PICTURE, Needs.OBJECTS

FILE_ACTIONS: Final = (
    ActionInfo("file.open", "&Open…", "Open one or more pictures.", "open", ("Ctrl+O",)),
    ActionInfo("file.open_folder", "Open &folder…", "Open every picture in a folder.", "folder", ("Ctrl+Shift+O",)),
    ActionInfo(
        "file.open_smear", "Try the &blood smear", "Open the blood smear that comes with the program.", "sample"
    ),
    ActionInfo(
        "file.open_nuclei", "Try the &nuclei", "Open the fluorescent nuclei that come with the program.", "sample"
    ),
    ActionInfo(
        "file.open_chest", "Try the chest &X-ray", "Open the chest X-ray that comes with the program.", "sample"
    ),
    ActionInfo(
        "file.new_project",
        "Ne&w project…",
        "Make a folder that keeps pictures, what was found on them and every correction.",
        shortcuts=("Ctrl+N",),
    ),
    ActionInfo("file.open_project", "Open &project…", "Go on with an earlier project.", shortcuts=("Ctrl+Alt+O",)),
    ActionInfo(
        "file.save_project_as",
        "&Save project as…",
        "Copy the project to another folder and go on there; a draft moves.",
        shortcuts=("Ctrl+Shift+S",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "file.close_project",
        "C&lose project",
        "Close the project and its pictures; everything in it is saved already.",
        needs=Needs.PROJECT,
    ),
    ActionInfo(
        "file.close", "&Close picture", "Close the picture that is shown.", "close", ("Ctrl+W",), needs=_PICTURE
    ),
    ActionInfo("file.close_all", "Close &all", "Close every picture and go to the start page.", needs=_PICTURE),
    ActionInfo(
        "file.export",
        "&Export…",
        "Write tables, outlines and boxes for other programs, or the picture with its results.",
        "export",
        ("Ctrl+E",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "file.start_page", "S&tart page", "Show the start page; open pictures stay open.", "home", ("Ctrl+Home",)
    ),
    ActionInfo("file.quit", "&Quit", "Stop running jobs and close the window.", shortcuts=("Ctrl+Q",)),
)
