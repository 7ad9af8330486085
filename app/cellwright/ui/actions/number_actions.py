"""What the window can be asked about how sure its numbers are."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

NUMBER_ACTIONS: Final = (
    ActionInfo("numbers.counts", "Counts with intervals", "See counts, shares and densities with their intervals."),
    ActionInfo("numbers.threshold", "Count against threshold", "See how the count depends on the threshold."),
    ActionInfo("numbers.audit", "Counts corrected by an audit", "See what a random audit makes of the counts."),
    ActionInfo("numbers.agreement", "Agreement of readers", "See how far readers and model agree."),
    ActionInfo("numbers.differential", "Differential", "See white cells by kind, and sign them off."),
    ActionInfo("numbers.copy", "Copy the numbers", "Put the page of numbers on the clipboard.", needs=Needs.OBJECTS),
)
