"""Everything the window can be told to do, declared once; menus, tool bar, keys and palette are built from it."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs
from cellwright.ui.actions.dataset_actions import DATASET_ACTIONS
from cellwright.ui.actions.help_actions import HELP_ACTIONS
from cellwright.ui.actions.measure_actions import MEASURE_ACTIONS
from cellwright.ui.actions.number_actions import NUMBER_ACTIONS
from cellwright.ui.actions.plot_actions import PLOT_ACTIONS
from cellwright.ui.actions.report_actions import REPORT_ACTIONS
from cellwright.ui.actions.slide_actions import SLIDE_ACTIONS

_PICTURE, _OBJECTS, _SELECTION = Needs.PICTURE, Needs.OBJECTS, Needs.SELECTION

ACTIONS: Final = (
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
        "edit.undo",
        "&Undo",
        "Take back the latest correction, however long ago; works after a restart as well.",
        "undo",
        ("Ctrl+Z",),
        needs=Needs.UNDO,
    ),
    ActionInfo(
        "edit.redo",
        "R&edo",
        "Do again what was taken back.",
        "redo",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        needs=Needs.REDO,
    ),
    *(
        ActionInfo(
            f"correct.class_{key}",
            f"Class {key}",
            f"Give the selected cells the class of key {key}, and new cells where none is selected.",
            shortcuts=(key,),
            needs=_PICTURE,
        )
        for key in "123456789"
    ),
    ActionInfo(
        "correct.accept", "&Accept", "Say that the selected cells are right.", "check", ("A",), needs=_SELECTION
    ),
    ActionInfo(
        "correct.reject",
        "Re&ject",
        "Say that the selected cells are none; they are neither drawn nor counted.",
        "reject",
        ("X",),
        needs=_SELECTION,
    ),
    ActionInfo(
        "correct.delete", "&Delete", "Take the selected cells away.", "delete", ("Del", "Backspace"), needs=_SELECTION
    ),
    ActionInfo(
        "tool.box",
        "&Box",
        "Draw boxes, and move or resize the selected one.",
        "tool-box",
        ("B",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.paint",
        "&Paint",
        "Paint over a cell to add to it, beside cells to begin a new one.",
        "tool-paint",
        ("P",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.erase",
        "&Erase",
        "Take pixels from the selected cell.",
        "tool-erase",
        ("E",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.fill",
        "&Fill",
        "Fill the hole that is clicked.",
        "tool-fill",
        ("F",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.polygon",
        "P&olygon",
        "Draw the outline of a cell corner by corner, or freely.",
        "tool-polygon",
        ("O",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.scissors",
        "&Split by a line",
        "Draw a line across a cell to split it.",
        "tool-scissors",
        ("S",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.seeds",
        "Split b&y seeds",
        "Click once into each cell that one should become.",
        "tool-seeds",
        ("Shift+S",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.lasso",
        "&Lasso",
        "Draw around cells to select them.",
        "tool-lasso",
        ("L",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.point",
        "Poi&nt",
        "Place and move points.",
        "tool-point",
        ("T",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.click",
        "Find a &cell by a click",
        "Click a cell, and its outline is found.",
        "tool-click",
        ("C",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.box_mask",
        "Find a cell &in a box",
        "Drag a box around a cell, and its outline is found.",
        "tool-box-mask",
        ("Shift+C",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "tool.overwrite",
        "Paint o&ver neighbours",
        "Let paint take pixels from other cells; else they keep theirs.",
        shortcuts=("Shift+P",),
        is_checkable=True,
    ),
    ActionInfo("tool.brush_larger", "Larger brush", "Make the brush a step larger.", shortcuts=("]",), needs=_PICTURE),
    ActionInfo(
        "tool.brush_smaller", "Smaller brush", "Make the brush a step smaller.", shortcuts=("[",), needs=_PICTURE
    ),
    ActionInfo(
        "correct.classes",
        "Classes…",
        "Name the classes of the project, and choose their colours and keys.",
        shortcuts=("Ctrl+Alt+L",),
        needs=_PICTURE,
    ),
    ActionInfo("correct.merge", "&Merge", "Make one cell of the selected ones.", "merge", ("M",), needs=_SELECTION),
    ActionInfo(
        "correct.fill_holes",
        "Fill &holes",
        "Fill every hole of the selected cells.",
        shortcuts=("Shift+F",),
        needs=_SELECTION,
    ),
    ActionInfo(
        "correct.smooth", "Smoo&th outlines", "Make the outlines of the selected cells smoother.", needs=_SELECTION
    ),
    ActionInfo(
        "correct.next",
        "Next &unreviewed cell",
        "Select the next cell of the table that nobody has looked at.",
        "right",
        ("N",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "review.gallery",
        "&Gallery of cells",
        "See every cell as a crop, sorted by class and doubt.",
        shortcuts=("Ctrl+G",),
    ),
    ActionInfo(
        "review.queue",
        "Review &queue",
        "Go through doubtful cells, places with missed cells, or an audit.",
        shortcuts=("Ctrl+R",),
    ),
    ActionInfo("review.audit", "Draw an audit…", "Draw cells at random, to learn how often the model is right."),
    ActionInfo(
        "review.picture",
        "Everything here is marked",
        "Accept every cell that is shown, and say that there is no other: then all of the picture can teach a model.",
        needs=_OBJECTS,
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
    ActionInfo(
        "edit.copy_table",
        "&Copy objects",
        "Copy the selected rows of the table, or all of them.",
        "copy",
        ("Ctrl+Shift+C",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.copy_counts",
        "Copy c&ounts",
        "Copy the counts with their intervals.",
        "copy",
        ("Ctrl+Alt+C",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.pixel_size",
        "Set &pixel size…",
        "Say how large a pixel is; densities follow at once.",
        "ruler",
        ("Ctrl+Alt+P",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "edit.ruler",
        "&Ruler",
        "Drag across the picture to measure; across a typical cell to tell the model how large cells are.",
        "ruler",
        ("R",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "edit.next_object",
        "&Next cell",
        "Select the next cell of the table.",
        "right",
        ("Ctrl+Right", "J"),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.previous_object",
        "Pre&vious cell",
        "Select the previous cell of the table.",
        "left",
        ("Ctrl+Left", "K"),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.deselect", "&Deselect", "Select nothing and light up no class.", shortcuts=("Esc",), needs=_OBJECTS
    ),
    ActionInfo("view.zoom_in", "&Zoom in", "Show the picture larger.", "zoom-in", ("Ctrl++", "Ctrl+="), needs=_PICTURE),
    ActionInfo("view.zoom_out", "Zoo&m out", "Show the picture smaller.", "zoom-out", ("Ctrl+-",), needs=_PICTURE),
    ActionInfo("view.fit", "&Fit picture", "Show the whole picture.", "fit", ("Ctrl+0",), needs=_PICTURE),
    ActionInfo(
        "view.actual",
        "&Actual size",
        "One pixel of the picture on one pixel of the screen.",
        "actual",
        ("Ctrl+1",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "view.centre",
        "&Go to selected cell",
        "Bring the selected cell to the middle.",
        "target",
        ("G",),
        needs=_SELECTION,
    ),
    ActionInfo(
        "view.outlines",
        "&Outlines",
        "Show or hide the outlines of the cells.",
        "outlines",
        ("Ctrl+U",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.fill",
        "F&illed cells",
        "Show or hide the coloured insides of the cells.",
        "fill",
        ("Ctrl+I",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.points",
        "Points (mi&ddles)",
        "Show or hide a dot in the middle of each cell.",
        "points",
        ("Ctrl+D",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.blink",
        "&Hide results while held",
        "See the bare picture as long as the key is down; from the menu for a moment.",
        "blink",
        ("H",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "view.boxes", "&Boxes", "Show or hide the boxes around the cells.", "boxes", ("Ctrl+B",), is_checkable=True
    ),
    ActionInfo(
        "view.labels",
        "&Labels",
        "Show class and score beside cells that are large enough.",
        "labels",
        ("Ctrl+L",),
        is_checkable=True,
    ),
    ActionInfo("view.scale_bar", "&Scale bar", "Show or hide the scale bar.", "ruler", is_checkable=True),
    ActionInfo(
        "view.next_picture",
        "&Next picture",
        "Show the next open picture.",
        "down",
        ("Ctrl+PgDown",),
        needs=Needs.PICTURES,
    ),
    ActionInfo(
        "view.previous_picture",
        "&Previous picture",
        "Show the previous open picture.",
        "up",
        ("Ctrl+PgUp",),
        needs=Needs.PICTURES,
    ),
    ActionInfo(
        "view.light_theme",
        "Light &theme",
        "Change between the dark and the light look.",
        "theme",
        ("Ctrl+Shift+L",),
        is_checkable=True,
    ),
    ActionInfo("view.next_plane", "Next plane", "Show the next plane in depth.", shortcuts=(".",), needs=Needs.STACK),
    ActionInfo(
        "view.previous_plane",
        "Previous plane",
        "Show the previous plane in depth.",
        shortcuts=(",",),
        needs=Needs.STACK,
    ),
    ActionInfo("view.next_time", "Next time point", "Show the next time point.", shortcuts=(">",), needs=Needs.STACK),
    ActionInfo(
        "view.previous_time",
        "Previous time point",
        "Show the previous time point.",
        shortcuts=("<",),
        needs=Needs.STACK,
    ),
    ActionInfo(
        "view.reset_display",
        "Reset brightness",
        "Go back to the brightness that the file or its values suggest.",
        needs=_PICTURE,
    ),
    ActionInfo(
        "view.full_screen",
        "F&ull screen",
        "Give the window the whole screen, and back.",
        shortcuts=("F11",),
        is_checkable=True,
    ),
    ActionInfo("view.reset_panels", "Reset pan&els", "Put every panel back in its first place."),
    ActionInfo(
        "analyze.run",
        "&Analyze",
        "Find and count the cells of this picture.",
        "analyze",
        ("Ctrl+Return",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "analyze.run_all",
        "Analyze all open pict&ures",
        "Find and count the cells of every open picture that has no result yet.",
        shortcuts=("Ctrl+Shift+Return",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "analyze.planes",
        "Analyze all &planes",
        "Find the cells of every plane and time point of this picture.",
        needs=Needs.STACK,
    ),
    ActionInfo(
        "analyze.cancel",
        "&Cancel",
        "Stop every job; what was found so far stays.",
        "cancel",
        ("Ctrl+.",),
        needs=Needs.WORK,
    ),
    ActionInfo(
        "analyze.on_open",
        "Analyze pictures when they &open",
        "Begin to count as soon as a picture is opened.",
        is_checkable=True,
    ),
    ActionInfo(
        "analyze.confidence_up",
        "&Higher confidence",
        "Count only surer cells: 0.01 more for every class.",
        shortcuts=("+", "="),
    ),
    ActionInfo(
        "analyze.confidence_down",
        "&Lower confidence",
        "Count less sure cells too: 0.01 less for every class.",
        shortcuts=("-",),
    ),
    ActionInfo(
        "analyze.confidence_reset", "&Model's own confidence", "Go back to the thresholds of the model's card.", "reset"
    ),
    ActionInfo(
        "teach.panel",
        "&Teach a model…",
        "Teach a model from the corrected cells of the project, and see whether it becomes better.",
        shortcuts=("Ctrl+T",),
    ),
    ActionInfo(
        "teach.preview",
        "&Preview training pictures…",
        "See how pictures are changed for training.",
        needs=Needs.PROJECT,
    ),
    *DATASET_ACTIONS,
    *REPORT_ACTIONS,
    *SLIDE_ACTIONS,
    *MEASURE_ACTIONS,
    *NUMBER_ACTIONS,
    *PLOT_ACTIONS,
    *HELP_ACTIONS,
)
