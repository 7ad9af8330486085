"""`Reporting`: reports written beside the window, and the session saved as a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import CellwrightError
from cellwright.core.atomic import replacing
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.folders import show_folder
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.reporting.recipe_dialog import RecipeDialog
from cellwright.ui.reporting.recorder import Export, Recorder, measured_on
from cellwright.ui.reporting.report_dialog import ReportChoice, ReportDialog, ReportOffer

if TYPE_CHECKING:
    from cellwright.ui.panel_host import PanelHost
    from cellwright.ui.state.picture import Picture
    from cellwright.workflows import Analysis

_NOTHING = "There is nothing on this picture yet: analyze it, or draw on it."


class Reporting:
    """The reports of one window.

    Parameters
    ----------
    host : PanelHost
        The window.
    """

    def __init__(self, host: PanelHost) -> None:
        self._host, self._session = host, host.session
        self.recorder = Recorder(host.session)

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each declared action."""
        return {"file.report": self.ask, "file.recipe": self.ask_recipe}

    # ---- reports

    def ask(self) -> None:
        """Ask what a report is to show, and write it."""
        from cellwright.workflows import finds_areas
        from cellwright.workflows.report import usual_title
        from cellwright.workflows.report_review import readiness

        picture, every = self._session.current, self._host.analyses(of_all=True)
        this = self._host.analyses()
        if picture is None or not this:
            self._host.tell(Message(Level.INFO, _NOTHING))
            return
        settings = self._host.settings
        folder = Path(settings.last_export_folder or picture.path.parent)
        paths = {analysis.picture.path for analysis in every}
        dialog = ReportDialog(
            ReportOffer(
                picture.name,
                len(paths),
                str(folder / f"{picture.path.stem} report.pdf"),
                settings.author,
                settings.laboratory,
                measured_on(self._session, self._session.pictures),
                self._session.only,
                readiness(every, self._session.thresholds_for(picture)).sentence(),
                usual_title(this),
                not finds_areas(this[0].card),
            ),
            self._host.widget,
        )
        dialog.chosen.connect(partial(self._write, picture))
        self._host.show_dialog(dialog)

    def _write(self, picture: Picture, choice: ReportChoice) -> None:
        from cellwright.workflows.report import ReportOptions
        from cellwright.workflows.report_making import ReportAnalyses

        self._host.settings.laboratory = choice.laboratory
        analyses = self._analyses_of(picture, of_all=choice.all_pictures)
        options = ReportOptions(
            choice.title,
            choice.laboratory,
            choice.author,
            choice.remark,
            choice.most_pictures,
            choice.with_cells,
        )
        pictures = self._session.pictures if choice.all_pictures else (picture,)
        operation = ReportAnalyses(
            tuple(analyses),
            choice.path,
            tuple(self._session.thresholds_for(picture)),
            options,
            choice.overwrite,
            None if self._host.link is None else self._host.link.folder,
            measured_on(self._session, pictures) if choice.with_measured else (),
            keep=self._session.only if choice.only else "",
        )
        self._host.submit(operation, Lane.FILES, self._on_written)

    def _on_written(self, job: Job[Path]) -> None:
        if job.result is None:
            if job.state is JobState.FAILED:
                self._host.tell(Message(Level.ERROR, error_sentence(job.title, job.error), job.error_text))
            return
        path = job.result
        self.recorder.reported(path)
        said = f"The report was written to {path}."
        self._host.tell(Message(Level.GOOD, said, action_text="Show folder", action=partial(show_folder, path.parent)))

    def _analyses_of(self, picture: Picture, *, of_all: bool) -> list[Analysis]:
        """Return the analyses of the picture that was asked about, though another may be shown by now."""
        every = self._host.analyses(of_all=True)
        return every if of_all else [each for each in every if each.picture.path == picture.path.absolute()]

    # ---- recipes

    def ask_recipe(self) -> None:
        """Show what was done and the recipe that does it again, and save it where a person says."""
        picture = self._session.current
        steps = [str(step) for step in self.recorder.steps]
        try:
            text, remark = self._recipe(picture)
        except CellwrightError as error:
            text, remark = "", str(error)
        folder = Path(self._host.settings.last_export_folder or (picture.path.parent if picture else Path.home()))
        dialog = RecipeDialog(steps, text, remark, str(folder / "recipe.toml"), self._host.widget)
        dialog.saved.connect(partial(self._save, text))
        self._host.show_dialog(dialog)

    def _recipe(self, picture: Picture | None) -> tuple[str, str]:
        """Return the recipe of the picture that is shown, and what of the session it does not repeat."""
        from cellwright.core import BadParameter
        from cellwright.ui.state.numbers import now_of
        from cellwright.workflows.session_recipe import recipe_of_analysis

        analysis = None if picture is None else picture.analysis
        if picture is None or analysis is None:
            raise BadParameter("Analyze a picture first; a recipe says how it is done again on others.")
        # What was exported last is what is done again; before any export, what stands in the window now.
        formats = tuple(self._host.settings.export_formats)
        now = Export(formats, measured_on(self._session, (picture,)), self._session.only)
        last = self.recorder.export or now
        recipe = recipe_of_analysis(
            now_of(picture, analysis),
            self._session.thresholds_for(picture),
            last.formats,
            measured=last.measured,
            keep=last.keep,
            with_pictures=last.with_pictures,
        )
        by_hand = 0 if analysis.confirmed is None else int(analysis.confirmed.sum())
        remark = f"{by_hand:,} cells were drawn or reviewed by people, which no recipe repeats." if by_hand else ""
        return recipe.to_toml(["What was done:", *map(str, self.recorder.steps)]), remark

    def _save(self, text: str, path: Path, overwrite: bool) -> None:
        try:
            with replacing(path, overwrite=overwrite) as part:
                part.write_text(text, encoding="utf-8")
        except CellwrightError as error:
            self._host.tell(Message(Level.ERROR, str(error)))
            return
        words = f"The recipe was written to {path}; 'cellwright run' does the same on other pictures."
        self._host.tell(Message(Level.GOOD, words, action_text="Show folder", action=partial(show_folder, path.parent)))
