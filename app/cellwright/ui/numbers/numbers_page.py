"""`NumbersPage`: how sure the numbers are, page by page; follows the session and its project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFileDialog, QTabWidget, QWidget

from cellwright.core import CellwrightError
from cellwright.project import Project
from cellwright.ui.correcting.project_link import StillWriting
from cellwright.ui.looks.widgets import column, describe
from cellwright.ui.numbers.agreement_page import AgreementPage
from cellwright.ui.numbers.audit_page import AuditPage
from cellwright.ui.numbers.counts_page import CountsPage
from cellwright.ui.numbers.differential_page import DifferentialPage, Lab
from cellwright.ui.numbers.gathering import fields_of_window, limits_of
from cellwright.ui.numbers.side import combo
from cellwright.ui.numbers.sign_dialog import FactorChoice, FactorDialog, SignDialog
from cellwright.ui.numbers.threshold_page import ThresholdPage
from cellwright.ui.panels.banner import Level, Message
from cellwright.workflows.differential_signing import project_differential, sign_differential, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.panel_host import PanelHost
    from cellwright.workflows import Analysis

_SOON_MS, _LATER_MS = 0, 250
_MUCH = 100_000
"""From so many cells on numbers follow when the hand rests."""
_THIS, _EVERY = "this", "every"


def make_numbers(host: PanelHost) -> NumbersPage:
    """Return the page, for the shelf of panels."""
    return NumbersPage(host)


class NumbersPage(QWidget):
    """Five pages of numbers.

    Parameters
    ----------
    host : PanelHost
        The window.
    """

    def __init__(self, host: PanelHost) -> None:
        super().__init__()
        self._host, self._session = host, host.session
        self._link: OpenProject | None = None
        self.counts, self.threshold = CountsPage(), ThresholdPage()
        self.audit, self.agreement, self.differential = AuditPage(), AgreementPage(), DifferentialPage()
        self.scope = combo("Pictures", "Whose cells are counted.", {"This picture": _THIS, "All pictures": _EVERY})
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)
        describe(self.pages, "Numbers", "How sure the numbers are.")
        self.pages.tabBar().setAccessibleName("Numbers")
        for page, title in (
            (self.counts, "Counts"),
            (self.threshold, "Threshold"),
            (self.audit, "Audits"),
            (self.agreement, "Agreement"),
            (self.differential, "Differential"),
        ):
            self.pages.addTab(page, title)
        self.pages.setCornerWidget(self.scope)
        column(self, margin=0, gap=0).addWidget(self.pages)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self._follow_project(host.link)

    def _connect(self) -> None:
        session = self._session
        session.objects_changed.connect(self._on_picture)
        session.picture_changed.connect(self._on_picture)
        session.current_changed.connect(self._on_current)
        session.filter_changed.connect(self._soon)
        session.pictures_changed.connect(self._soon)
        self._host.project_changed.connect(self._follow_project)
        self.scope.currentIndexChanged.connect(lambda _at: self._soon())
        self.pages.currentChanged.connect(lambda _at: self._on_page())
        self.counts.class_lit.connect(session.light_up)
        self.threshold.threshold_chosen.connect(self._set_threshold)
        self.audit.audit_asked.connect(self._host.actions["review.audit"].trigger)
        self.audit.review_asked.connect(self._host.actions["review.queue"].trigger)
        for page in (self.agreement, self.differential):
            page.cells_asked.connect(self._host.show_cells)
        self.agreement.other_asked.connect(self.ask_for_reader)
        self.differential.class_lit.connect(session.light_up)
        self.differential.sign_asked.connect(self.ask_to_sign)
        self.differential.withdraw_asked.connect(self.withdraw)
        self.differential.factors_asked.connect(self.ask_for_factors)
        self.differential.compare_asked.connect(self.ask_for_other)

    def stop(self) -> None:
        """Follow the session no more, before the window goes."""
        session = self._session
        session.objects_changed.disconnect(self._on_picture)
        session.picture_changed.disconnect(self._on_picture)
        session.current_changed.disconnect(self._on_current)
        session.filter_changed.disconnect(self._soon)
        session.pictures_changed.disconnect(self._soon)
        self._timer.stop()

    # ---- actions

    def show_counts(self) -> None:
        """Show counts with intervals."""
        self.pages.setCurrentWidget(self.counts)

    def show_threshold(self) -> None:
        """Show the count against its threshold."""
        self.pages.setCurrentWidget(self.threshold)

    def show_audit(self) -> None:
        """Show counts corrected by an audit."""
        self.pages.setCurrentWidget(self.audit)

    def show_agreement(self) -> None:
        """Show how far readers and model agree."""
        self.pages.setCurrentWidget(self.agreement)

    def show_differential(self) -> None:
        """Show the differential."""
        self.pages.setCurrentWidget(self.differential)

    def copy(self) -> None:
        """Put the page that is shown on the clipboard, for a spreadsheet."""
        page = self.pages.currentWidget()
        if isinstance(page, CountsPage | AuditPage | AgreementPage | DifferentialPage):
            QGuiApplication.clipboard().setText(page.text())

    # ---- following

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up when the page comes into view."""
        super().showEvent(event)
        self._soon()

    def _follow_project(self, link: OpenProject | None) -> None:
        self._link = link
        if link is not None:
            link.journal_changed.connect(self._soon)
        self.differential.compare_with("", None)
        self._soon()

    def _on_picture(self, _picture: object) -> None:
        self._soon()

    def _on_current(self, _picture: object) -> None:
        self._soon()

    def _on_page(self) -> None:
        self.scope.setVisible(self.pages.currentWidget() in (self.counts, self.threshold))
        self._soon()

    def _soon(self) -> None:
        objects = self._session.current.objects if self._session.current is not None else None
        self._timer.start(_LATER_MS if objects is not None and len(objects) > _MUCH else _SOON_MS)

    def _set_threshold(self, name: str, value: float) -> None:
        if name in self._session.thresholds:  # a class that people added has no slider
            self._session.set_threshold(name, value)

    def refresh(self) -> None:
        """Show the numbers of the page in view as they are now; nothing while nobody looks."""
        if not self.isVisible():
            return
        page = self.pages.currentWidget()
        project = None if self._link is None else self._link.project
        if page is self.counts:
            analyses = self._analyses()
            limits = limits_of(self._host)
            names = analyses[0].objects.classes if analyses else ()
            self.counts.show_analyses(analyses, [limits.get(name, 0.5) for name in names])
        elif page is self.threshold:
            picture = self._session.current
            colours = {style.name: style.colour for style in picture.styles} if picture is not None else {}
            self.threshold.show_analyses(self._analyses(), limits_of(self._host), colours)
        elif page is self.audit:
            self.audit.show_project(project)
        elif page is self.agreement:
            self.agreement.show_project(project, limits_of(self._host))
        else:
            self._show_differential()

    def _analyses(self) -> list[Analysis]:
        return self._host.analyses(of_all=self.scope.currentData() == _EVERY)

    def _show_differential(self) -> None:
        link, page = self._link, self.differential
        limits = limits_of(self._host)
        factors = () if link is None else tuple(link.project.laboratory_factors().values())
        can_sign = self._host.kept_project is not None and link is not None and not link.is_read_only
        page.show_cells_of(fields_of_window(self._host, limits), Lab(factors, can_sign))
        if page.found is not None:
            signed = [] if link is None else signatures(link.project.sign_offs(), page.found)
            page.show_signatures(signed)

    # ---- what a laboratory does

    def ask_to_sign(self) -> None:
        """Ask whose name stands under the differential."""
        link, found = self._link, self.differential.found
        if link is None or found is None:
            return
        dialog = SignDialog(found, link.author, self._host.widget)
        dialog.signed.connect(self.sign)
        self._host.show_dialog(dialog)

    def sign(self, name: str, remark: str = "") -> None:
        """Sign the differential off."""
        limits = limits_of(self._host)
        self._write(lambda link: sign_differential(link.project, name, remark, limits))

    def withdraw(self) -> None:
        """Take the latest signature back."""
        self._write(lambda link: link.project.withdraw_sign_off(link.project.sign_offs()[-1].id, link.author))

    def ask_for_factors(self) -> None:
        """Ask for the laboratory's factors."""
        link = self._link
        if link is None:
            self._host.tell(Message(Level.INFO, "Factors are kept in a project: begin one first (File, New project)."))
            return
        dialog = FactorDialog(link.project.laboratory_factors(), self._host.widget)
        dialog.entered.connect(self.set_factors)
        self._host.show_dialog(dialog)

    def set_factors(self, choices: list[FactorChoice]) -> None:
        """Keep the laboratory's factors."""

        def keep(link: OpenProject) -> None:
            for each in choices:
                link.project.set_laboratory_factor(each.estimated, each.per_ul, link.author, each.field_mm2)

        self._write(keep)

    def ask_for_reader(self) -> None:
        """Ask for the project of another reader."""
        folder = QFileDialog.getExistingDirectory(self._host.widget, "Project of another reader")
        if folder:
            self.agreement.compare_with(Path(folder))

    def ask_for_other(self) -> None:
        """Ask for the project of another differential."""
        folder = QFileDialog.getExistingDirectory(self._host.widget, "Project to compare with")
        if folder:
            self.compare_with(Path(folder))

    def compare_with(self, folder: Path) -> None:
        """Compare with the differential of another project."""
        try:
            with Project(folder, read_only=True) as project:
                self.differential.compare_with(folder.name, project_differential(project))
        except CellwrightError as error:
            self._host.tell(Message(Level.WARNING, str(error)))

    def _write(self, work: Callable[[OpenProject], object]) -> None:
        link = self._link
        if link is None:
            return
        try:
            link.refuse_while_held()
            work(link)
        except StillWriting as words:
            self._host.tell(Message(Level.WARNING, f"{str(words).partition(';')[0]}; do this again when that is over."))
        except CellwrightError as error:
            self._host.tell(Message(Level.WARNING, str(error)))
        link.follow()
        self._soon()
