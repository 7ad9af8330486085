"""What the window can be told to do with labelled sets."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

DATASET_ACTIONS: Final = (
    ActionInfo(
        "dataset.open",
        "&Labelled sets…",
        "See what is in a labelled set and what is probably wrong with it.",
        shortcuts=("Ctrl+Shift+D",),
    ),
    ActionInfo(
        "dataset.project",
        "&Check the project",
        "Look the project over as a labelled set.",
        needs=Needs.PROJECT,
    ),
    ActionInfo(
        "dataset.import",
        "&Import into the project…",
        "Take COCO, YOLO, VOC, label images, Cellpose or QuPath labels into the project, as one step.",
    ),
    ActionInfo(
        "dataset.write",
        "&Divide, prepare, write…",
        "Write a set or the project in another format, divided by group, resized or tiled.",
    ),
    ActionInfo("dataset.versions", "Compare &versions…", "Say how two frozen versions of a set differ."),
)
