"""Classes are edited as one step, and keys are those that a person knows."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from cellwright.annotation import ClassRecord
from cellwright.ui.actions.declared import ACTIONS
from cellwright.ui.actions.schemes import SCHEMES, TITLES, keys_of
from cellwright.ui.correcting.class_editor import ClassDraft, ClassesDialog, edit_of_classes, problem_of
from cellwright.ui.main_window import MainWindow

NEU = ClassRecord(1, "NEU", "Neutrophil", "#0072B2", "1")
EOS = ClassRecord(2, "EOS", "Eosinophil", "#D55E00", "2")


def draft(of: ClassRecord, **changes: object) -> ClassDraft:
    values = {"number": of.id, "name": of.name, "title": of.title, "colour": of.colour, "key": of.key}
    return ClassDraft(**(values | changes))  # type: ignore[arg-type]


def test_an_edit_of_classes_changes_adds_and_removes_in_one_step() -> None:
    assert edit_of_classes([NEU, EOS], [draft(NEU), draft(EOS)], 3) is None
    edit = edit_of_classes([NEU, EOS], [draft(NEU, key="3"), ClassDraft(None, "BAS", "Basophil", "#009E73", "2")], 3)
    assert edit is not None
    assert [(change.before, change.after) for change in edit.records] == [
        (NEU, ClassRecord(1, "NEU", "Neutrophil", "#0072B2", "3")),
        (EOS, None),
        (None, ClassRecord(3, "BAS", "Basophil", "#009E73", "2")),
    ]


def test_what_is_wrong_with_classes_is_told() -> None:
    assert problem_of([draft(NEU), draft(EOS)]) == ""
    assert "called" in problem_of([draft(NEU), draft(EOS, name="NEU")])
    assert "key" in problem_of([draft(NEU), draft(EOS, key="1")])
    assert "title" in problem_of([draft(NEU, title="")])


def test_the_dialog_edits_the_project_and_the_window_follows(analyzed: MainWindow) -> None:
    analyzed.actions_set["correct.classes"].trigger()
    dialog = analyzed.correcting.files.dialog
    assert isinstance(dialog, ClassesDialog)
    assert [each.name for each in dialog.drafts] == ["WBC", "RBC", "PLT"]
    dialog.add(ClassDraft(None, "EOS", "Eosinophil", "#CC79A7", "4"))
    title = dialog.table.item(0, 2)
    assert title is not None
    title.setText("Leukocyte")
    dialog.set_colour(1, "#112233")
    dialog._accept()
    link = analyzed.correcting.link
    assert link is not None
    assert [each.title for each in link.classes] == ["Leukocyte", "Red blood cell", "Platelet", "Eosinophil"]
    assert analyzed.actions_set["correct.class_4"].text() == "Eosinophil"
    picture = analyzed.session.current
    assert picture is not None
    assert [style.colour for style in picture.styles][1] == "#112233"
    assert picture.objects is not None
    before = picture.objects.counts()
    analyzed.session.select(0)
    analyzed.actions_set["correct.class_4"].trigger()
    assert picture.objects.counts()[3] == 1
    analyzed.actions_set["edit.undo"].trigger()
    assert analyzed.actions_set["edit.undo"].text() == "&Undo change of the classes"
    analyzed.actions_set["edit.undo"].trigger()
    assert len(link.classes) == 3
    assert picture.objects.counts().tolist() == before[:3].tolist()


def test_a_class_counts_as_many_cells_under_another_name(analyzed: MainWindow) -> None:
    picture = analyzed.session.current
    assert picture is not None and picture.objects is not None
    before = analyzed.session.counted(picture)
    at_half = picture.objects.scores >= 0.5
    assert not (before == at_half).all(), "another limit counts others"
    analyzed.actions_set["correct.classes"].trigger()
    dialog = analyzed.correcting.files.dialog
    assert isinstance(dialog, ClassesDialog)
    for row, name in enumerate(("leukocyte", "erythrocyte", "thrombocyte")):
        item = dialog.table.item(row, 1)
        assert item is not None
        item.setText(name)
    dialog._accept()
    assert picture.objects.classes == ("leukocyte", "erythrocyte", "thrombocyte")
    assert analyzed.session.counted(picture).tolist() == before.tolist()
    analysis = picture.analysis
    assert analysis is not None
    assert len(analysis.counted()) == int(before.sum()), "what is exported, too"


def test_a_class_that_cells_have_is_not_removed(analyzed: MainWindow) -> None:
    analyzed.actions_set["correct.classes"].trigger()
    dialog = analyzed.correcting.files.dialog
    assert isinstance(dialog, ClassesDialog)
    dialog.table.setCurrentCell(0, 1)
    dialog.remove_current()
    dialog._accept()
    message = analyzed.centre.banner.message
    assert message is not None
    assert "Objects still belong" in message.text
    assert analyzed.correcting.link is not None
    assert len(analyzed.correcting.link.classes) == 3


@pytest.mark.parametrize("scheme", list(TITLES))
def test_no_key_does_two_things_in_any_scheme(scheme: str) -> None:
    keys = [QKeySequence(key).toString() for info in ACTIONS for key in keys_of(info, scheme, {})]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert all(keys)
    assert set(SCHEMES[scheme]) <= {info.key for info in ACTIONS}


def test_the_keys_of_another_program_are_chosen_in_the_list_of_keys(analyzed: MainWindow) -> None:
    analyzed.actions_set["help.shortcuts"].trigger()
    dialog = analyzed.commands.dialog
    assert dialog is not None
    dialog.schemes.setCurrentIndex(dialog.schemes.findData("qupath"))  # type: ignore[attr-defined]
    assert analyzed.settings.shortcut_scheme == "qupath"
    assert analyzed.actions_set["tool.box"].shortcut() == QKeySequence("R")
    assert "(R)" in analyzed.actions_set["tool.box"].toolTip()
    dialog.schemes.setCurrentIndex(0)  # type: ignore[attr-defined]
    assert analyzed.actions_set["tool.box"].shortcut() == QKeySequence("B")
