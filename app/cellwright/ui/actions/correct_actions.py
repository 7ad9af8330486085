"""What the window can be told to correct: classes, verdicts, tools, and what is reviewed next."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE, _OBJECTS, _SELECTION = Needs.PICTURE, Needs.OBJECTS, Needs.SELECTION

CORRECT_ACTIONS: Final = (
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
)
