"""`Sets`: labelled sets in a window: the page, what it asks for, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject

from cellwright.core import CellwrightError
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_files import ProjectFiles
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.sets.page import SetsPage
from cellwright.ui.sets.writing_form import Writing

if TYPE_CHECKING:
    from cellwright.jobs import Operation
    from cellwright.ui.state.loading import LoadedPicture
    from cellwright.ui.state.picture import Picture
    from cellwright.workflows import DatasetExport, DatasetHealth, DatasetImport, FrozenDataset, PreviewTile

_PREVIEWED = 12

_Box = tuple[float, float, float, float]


class Sets(QObject):
    """Labelled sets of one window.

    Parameters
    ----------
    host : Host
        The window.
    files : ProjectFiles
        Its project.
    models : callable
        Returns title and folder of the models that find objects.
    """

    def __init__(
        self, host: Host, files: ProjectFiles, models: Callable[[], Sequence[tuple[str, Path]]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host, self._files, self._models = host, files, models
        self.page: SetsPage | None = None
        self._wanted: tuple[Path, _Box] | None = None
        host.opener.loaded.connect(self._on_loaded)

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of labelled sets."""
        return {
            "dataset.open": lambda: self.show(0),
            "dataset.import": self.ask_import,
            "dataset.project": self.show_project,
            "dataset.write": lambda: self.show(1),
            "dataset.versions": lambda: self.show(2),
        }

    def stop(self) -> None:
        """Let go of the page, before the window goes."""
        if self.page is not None:
            self.page.close()

    def show(self, tab: int = 0) -> SetsPage:
        """Show the page, made at its first use."""
        if self.page is None:
            self.page = self._make_page()
        self.page.set_models(self._models())
        self.page.tabs.setCurrentIndex(tab)
        self.page.show()
        self.page.raise_()
        return self.page

    def show_project(self) -> None:
        """Look the project over as a labelled set."""
        page = self.show(0)
        if self._files.link is not None:
            page.folder.setText(str(self._files.link.folder))
            self.check()

    def ask_import(self) -> None:
        """Ask for a set and take it into the project."""
        page = self.show(0)
        page.choose()
        if page.folder.text():
            self.bring_in()

    def _make_page(self) -> SetsPage:
        page = SetsPage(self._host.widget)
        page.check_asked.connect(self.check)
        page.import_asked.connect(self.bring_in)
        page.health.place_asked.connect(self.go_to)
        page.writing.write_asked.connect(self.write)
        page.writing.freeze_asked.connect(self.freeze)
        page.writing.preview_asked.connect(self.preview)
        return page

    # ---- what the page asks for

    def check(self) -> None:
        """Look the set over."""
        from cellwright.workflows import CheckDataset

        page = self.show(0)
        self._run(CheckDataset(page.data, page.model_folder), self._on_checked)

    def bring_in(self) -> None:
        """Take the set into the project; a draft is begun where there is none."""
        from cellwright.workflows import ImportDataset

        page = self.show(0)
        try:
            link = self._files.need()
        except CellwrightError as error:
            page.say(str(error))
            return
        operation = ImportDataset(link.folder, page.data, link.author, like=page.model_folder)
        self._run(operation, self._on_imported, Lane.FILES)

    def write(self, asked: Writing) -> None:
        """Write the set in another format."""
        from cellwright.workflows import ExportDataset, ExportFormat

        page = self.show(1)
        try:
            operation = ExportDataset(
                page.data,
                asked.folder,
                ExportFormat(asked.format),
                asked.division(),
                asked.preparation(),
                asked.with_pictures,
                asked.overwrite,
                augmentation=asked.augmentation(),
            )
        except CellwrightError as error:
            page.say(str(error))
            return
        self._run(operation, self._on_written, Lane.FILES)

    def freeze(self, asked: Writing) -> None:
        """Write the set once and for all."""
        from cellwright.workflows import FreezeDataset

        page = self.show(1)
        try:
            operation = FreezeDataset(
                page.data,
                asked.folder,
                division=asked.division(),
                preparation=asked.preparation(),
                augmentation=asked.augmentation(),
            )
        except CellwrightError as error:
            page.say(str(error))
            return
        self._run(operation, self._on_frozen, Lane.FILES)

    def preview(self, asked: Writing) -> None:
        """Make a few pictures as they will be."""
        from cellwright.workflows import PreviewDataset

        page = self.show(1)
        try:
            operation = PreviewDataset(
                page.data, asked.preparation(), count=_PREVIEWED, augmentation=asked.augmentation()
            )
        except CellwrightError as error:
            page.say(str(error))
            return
        self._run(operation, self._on_previewed, Lane.FILES)

    def go_to(self, path: Path, box: _Box | None) -> None:
        """Show a picture of the set, and a place on it."""
        self._wanted = (path.resolve(), box) if box is not None else None
        there = next((p for p in self._host.session.pictures if p.path.resolve() == path.resolve()), None)
        if there is None:
            self._host.opener.open_paths([path])
            return
        self._host.session.show(there)
        loaded = self._host.opener.loaded_picture(there)
        if loaded is not None:
            self._on_loaded(there, loaded)

    # ---- how it ends

    def _run(self, operation: Operation[Any], done: Callable[[Any], None], lane: Lane = Lane.DEVICE) -> None:
        page = self.show(self.page.tabs.currentIndex() if self.page is not None else 0)
        page.say(f"{operation.title} …")

        def ended(job: Job[Any]) -> None:
            if job.state is JobState.FAILED:
                page.say(error_sentence(job.title, job.error))
            elif job.state is JobState.DONE:
                done(job.result)
            else:
                page.say(f"{job.title}: cancelled.")

        self._host.opener.submit_quietly(operation, lane, ended, listed=True)

    def _on_checked(self, found: DatasetHealth) -> None:
        page = self.show(0)
        page.health.show_health(found)
        page.say(found.notes[0] if found.notes else "")

    def _on_imported(self, done: DatasetImport) -> None:
        page = self.show(0)
        page.say(f"{done.sentence()} {done.report.sentence()}")
        link = self._files.link
        if link is not None and done.entry is not None:
            self._files.open(link.folder)
            self._host.say(Message(Level.GOOD, f"{done.sentence()} Undo takes all of it back."))

    def _on_written(self, done: DatasetExport) -> None:
        splits = ", ".join(f"{name or 'no split'} {count:,}" for name, count in done.splits.items())
        notes = " ".join(done.notes[1:3])
        self.show(1).say(f"{done.folder}: {done.objects:,} objects on {done.pictures:,} pictures ({splits}). {notes}")

    def _on_frozen(self, done: FrozenDataset) -> None:
        page = self.show(2)
        page.versions.add_version(done.written.folder)
        page.say(f"Frozen as {done.version.name}: {done.version.hash}")

    def _on_previewed(self, tiles: tuple[PreviewTile, ...]) -> None:
        from cellwright.workflows import contact_sheet

        page = self.show(1)
        page.say(f"{len(tiles)} pictures, chosen by chance, as they will be.")
        page.show_preview(contact_sheet(tiles))

    def _on_loaded(self, picture: Picture, _loaded: LoadedPicture) -> None:
        canvas = self._host.centre.canvas
        if self._wanted is None or canvas is None or picture.path.resolve() != self._wanted[0]:
            return
        box = np.array(self._wanted[1], np.float32)
        self._wanted = None
        canvas.centre_on(box)
        canvas.set_selected(box)
