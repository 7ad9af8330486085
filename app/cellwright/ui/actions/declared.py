"""Everything the window can be told to do, declared once; menus, tool bar, keys and palette are built from it."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.analyze_actions import ANALYZE_ACTIONS
from cellwright.ui.actions.correct_actions import CORRECT_ACTIONS
from cellwright.ui.actions.dataset_actions import DATASET_ACTIONS
from cellwright.ui.actions.edit_actions import EDIT_ACTIONS
from cellwright.ui.actions.file_actions import FILE_ACTIONS
from cellwright.ui.actions.help_actions import HELP_ACTIONS
from cellwright.ui.actions.measure_actions import MEASURE_ACTIONS
from cellwright.ui.actions.number_actions import NUMBER_ACTIONS
from cellwright.ui.actions.plot_actions import PLOT_ACTIONS
from cellwright.ui.actions.report_actions import REPORT_ACTIONS
from cellwright.ui.actions.slide_actions import SLIDE_ACTIONS
from cellwright.ui.actions.view_actions import VIEW_ACTIONS

ACTIONS: Final = (
    *FILE_ACTIONS,
    *EDIT_ACTIONS,
    *CORRECT_ACTIONS,
    *VIEW_ACTIONS,
    *ANALYZE_ACTIONS,
    *DATASET_ACTIONS,
    *REPORT_ACTIONS,
    *SLIDE_ACTIONS,
    *MEASURE_ACTIONS,
    *NUMBER_ACTIONS,
    *PLOT_ACTIONS,
    *HELP_ACTIONS,
)
