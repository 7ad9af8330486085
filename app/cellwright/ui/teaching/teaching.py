"""`Teaching`: the panel joined with the project, with the process that teaches, and with the models on the shelf."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from cellwright.annotation import part_path, split_part
from cellwright.core import CellwrightError
from cellwright.jobs import IsolatedRun, RunReport, RunState
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.correcting.correcting import Correcting
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.looks.theme import Theme, theme_named
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.teaching.curves import read_rows
from cellwright.ui.teaching.panel import TeachPanel
from cellwright.ui.teaching.preview_dialog import PreviewDialog
from cellwright.workflows.finetune import CASES, FineTune
from cellwright.workflows.teaching import LessonSummary, PreviewSamples, SummarizeLesson
from cellwright.zoo import find_model, list_models, load_card
from cellwright.zoo.lineage import family_of, free_name, in_use, lineage_rows, promote, remembered_replay, rollback

_LOOK_MS = 300
_SETTLE_MS = 700
"""How long corrections rest before what would be learned from is counted anew."""


class TeachHost(Host, Protocol):
    """The window, as far as teaching goes; see `MainWindow`."""

    correcting: Correcting
    is_loading_viewer: bool


class Teaching(QObject):
    """Everything about teaching in one window.

    Parameters
    ----------
    host : TeachHost
        The window.

    Signals
    -------
    shown(object)
        The panel is to be seen.
    models_changed(str)
        The shelf has changed; this model is to be used, none where the text is empty.
    """

    shown = Signal(object)
    models_changed = Signal(str)

    def __init__(self, host: TeachHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.panel = TeachPanel()
        self.panel.set_theme(theme_named(host.settings.theme))
        self.run: IsolatedRun | None = None
        self.dialog: PreviewDialog | None = None
        self._project: Path | None = None
        self._asked = 0
        self._pace: tuple[float, int] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._settle = QTimer(self)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self.count)
        panel = self.panel
        panel.choices.changed.connect(self._on_choice)
        panel.preview_asked.connect(self.preview)
        panel.start_asked.connect(self.start)
        panel.pause_asked.connect(self.pause)
        panel.cancel_asked.connect(self.cancel)
        panel.go_on_asked.connect(self.go_on)
        panel.same_asked.connect(self.call_it)
        panel.keep_asked.connect(self.keep)
        panel.back_asked.connect(self.go_back)
        panel.case_chosen.connect(self._on_case)
        host.correcting.files.opened.connect(self._on_project)

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of teaching."""
        return {"teach.panel": self.show, "teach.preview": self.preview}

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self.panel.set_theme(theme)

    def show(self) -> None:
        """Bring the panel to the front, with models and lineage as they are now."""
        self.refresh_models()
        self.count()
        self.shown.emit(self.panel)

    def stop(self) -> None:
        """Look no more, before the window goes; a training goes on without it."""
        self._timer.stop()
        self._settle.stop()
        if self.dialog is not None:
            self.dialog.close()

    def refresh_models(self) -> None:
        """Offer the models that are on the shelf, and show where they come from."""
        names = [model.name for model in list_models() if model.card is not None and model.card.is_network]
        card = self._host.session.card
        self.panel.choices.set_models(names, None if card is None else card.name)
        self.panel.lineage.show_rows(lineage_rows())
        self._on_model()

    # ---- before

    def count(self) -> None:
        """Say what would be learned from."""
        chosen = self.panel.choices.chosen()
        if self._project is None or not chosen.model:
            self.panel.show_summary(None)
            return
        self._asked += 1
        number = self._asked

        def done(job: Job[Any]) -> None:
            if number != self._asked:
                return  # another question was asked meanwhile
            if job.state is JobState.DONE and job.result is not None:
                self.panel.show_summary(self._with_free_names(job.result))
            elif job.state is JobState.FAILED:
                self.panel.show_summary(None, str(job.error))

        operation = SummarizeLesson(self._project, chosen.model, chosen.held_out)
        self._host.opener.submit_quietly(operation, Lane.FILES, done)

    def _with_free_names(self, summary: LessonSummary) -> LessonSummary:
        """Leave out the names that the project has for a class already: two classes cannot share one."""
        link = self._host.correcting.link
        taken = set() if link is None else {each.name.casefold() for each in link.classes}
        return replace(summary, untaught=tuple(name for name in summary.untaught if name.casefold() not in taken))

    def call_it(self, new: str, known: str) -> None:
        """Give a class of the project the name that the model has for it, as one step that can be taken back."""
        try:
            card = load_card(find_model(self.panel.choices.chosen().model))
        except CellwrightError as error:
            self._say(str(error), Level.WARNING)
            return
        titles = {kind.name: kind.title for kind in card.classes}
        self._host.correcting.rename_class(new, known, titles[known])

    def preview(self) -> None:
        """Show how pictures are changed for training."""
        chosen = self.panel.choices.chosen()
        if self._project is None:
            self._say("Open a project first.", Level.WARNING)
            return

        def done(job: Job[Any]) -> None:
            if job.state is JobState.DONE and job.result:
                self.dialog = PreviewDialog(job.result, self.panel)
                self.dialog.show()
            elif job.state is JobState.FAILED:
                self._say(str(job.error), Level.WARNING)

        operation = PreviewSamples(self._project, chosen.model)
        self._host.opener.submit_quietly(operation, Lane.DEVICE, done, listed=True)

    # ---- while

    def start(self) -> None:
        """Teach in a process of its own."""
        if self._project is None:
            return
        chosen = self.panel.choices.chosen()
        name = free_name(chosen.model)
        folder = _free_folder(self._project / "runs" / name)
        operation = FineTune(
            self._project,
            folder,
            chosen.model,
            chosen.layers,
            chosen.minutes,
            replay=chosen.replay,
            held_out=chosen.held_out,
            name=name,
        )
        try:
            self.follow(IsolatedRun.start(operation, folder))
        except CellwrightError as error:
            self._say(str(error), Level.ERROR)

    def follow(self, run: IsolatedRun) -> None:
        """Look at a run until it ends."""
        self.run, self._pace = run, None
        self.panel.show_result(None, can_go_back=self._can_go_back())
        self._timer.start()
        self.look()

    def look(self) -> RunReport | None:
        """Show how far the run is now."""
        if self.run is None:
            self._timer.stop()
            return None
        report = self.run.report()
        self.panel.show_report(report, self._seconds_left(report))
        # Curves import a plotting library; two threads that import parts of Qt at once end the process.
        if not self._host.is_loading_viewer:
            self.panel.curves.show_rows(read_rows(self.run.folder / "metrics.jsonl"))
        if report.state.is_end and not self._host.is_loading_viewer:
            self._timer.stop()
            if report.state is RunState.DONE and report.result:
                self.refresh_models()
                self._show_result(report.result)
                self.models_changed.emit("")
        return report

    def pause(self) -> None:
        """Wait, or go on after waiting."""
        if self.run is not None:
            if self.run.report().state is RunState.PAUSED:
                self.run.unpause()
            else:
                self.run.pause()

    def cancel(self) -> None:
        """Stop; within two seconds."""
        if self.run is not None:
            self.run.cancel()
            self.look()

    def go_on(self) -> None:
        """Start again from what was saved."""
        if self.run is not None:
            try:
                self.run.go_on()
            except CellwrightError as error:
                self._say(str(error), Level.ERROR)
            self.follow(self.run)

    def _seconds_left(self, report: RunReport) -> float | None:
        """Return how long it will go on, from the pace since it was first looked at."""
        progress = report.progress
        if progress is None or not progress.total or report.state is not RunState.RUNNING:
            self._pace = None
            return None
        now = time.monotonic()
        if self._pace is None:
            self._pace = now, progress.done
        began, before = self._pace
        done = progress.done - before
        return (progress.total - progress.done) * (now - began) / done if done > 0 else None

    # ---- after

    def keep(self, name: str) -> None:
        """Put a taught model in use."""
        try:
            before = promote(name)
        except CellwrightError as error:
            self._say(str(error), Level.WARNING)
            return
        self._say(f"{name} is in use instead of {before}.", Level.INFO)
        self._after_change(name)

    def go_back(self) -> None:
        """Use the model again that was in use before."""
        try:
            _, now = rollback(family_of(self.panel.choices.chosen().model))
        except CellwrightError as error:
            self._say(str(error), Level.WARNING)
            return
        self._say(f"{now} is in use again.", Level.INFO)
        self._after_change(now)

    def _after_change(self, name: str) -> None:
        self.models_changed.emit(name)
        self.refresh_models()
        if self.run is not None:
            result = self.run.report().result
            if result is not None:
                family = family_of(result["name"])
                result = {**result, "is_in_use": in_use(family) == result["name"]}
            self._show_result(result)

    def _show_result(self, result: dict[str, Any] | None) -> None:
        crops = None if self.run is None else self.run.folder / CASES
        self.panel.show_result(result, can_go_back=self._can_go_back(), crops=crops)

    def _can_go_back(self) -> bool:
        model = self.panel.choices.chosen().model
        try:
            return bool(model) and in_use(family_of(model)) != family_of(model)
        except CellwrightError:
            return False

    # ---- what happens around it

    def _on_choice(self) -> None:
        self._on_model()
        self.count()

    def _on_model(self) -> None:
        model = self.panel.choices.chosen().model
        try:
            replay = remembered_replay(family_of(model)) if model else None
        except CellwrightError:
            replay = None
        self.panel.choices.set_replay(replay)
        self.panel.back.setEnabled(self._can_go_back())

    def _on_project(self, link: OpenProject | None) -> None:
        self._project = None if link is None else link.folder
        self.run = None
        self._timer.stop()
        self.panel.show_report(None, None)
        self.panel.show_result(None, can_go_back=False)
        self.panel.curves.show_rows([])
        if link is None:
            self.panel.show_summary(None)
            return
        link.journal_changed.connect(self._settle.start)
        running = running_run(link.folder)
        if running is not None:
            self.follow(running)

    def _on_case(self, case: dict[str, Any]) -> None:
        """Show the place on its picture, which is opened where it is not."""
        session = self._host.session
        file, series, plane = split_part(case["picture"])
        picture = session.open_picture(Path(file), series)
        if picture is None:
            self._host.opener.open_paths([Path(part_path(file, None, series))])
            return
        session.show(picture)
        if plane is not None and picture.look is not None:
            self._host.opener.set_look(picture, replace(picture.look, z=plane[0], t=plane[1]))
        canvas = self._host.centre.canvas
        if canvas is not None:
            canvas.centre_on(np.array(case["box"], np.float32))

    def _say(self, text: str, level: Level) -> None:
        self._host.say(Message(level, text))


def running_run(project: Path) -> IsolatedRun | None:
    """Return the run of a project that is still going on; None where there is none."""
    for words in sorted((project / "runs").glob("*/operation.json")):
        run = IsolatedRun(words.parent)
        if run.is_alive():
            return run
    return None


def _free_folder(folder: Path) -> Path:
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free
