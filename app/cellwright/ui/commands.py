"""What each declared action does in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from cellwright.core import PixelSize
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.actions.palette import CommandPalette
from cellwright.ui.actions.schemes import TITLES
from cellwright.ui.dialogs.export_dialog import ExportChoice, ExportDialog, formats_of, scope_of
from cellwright.ui.dialogs.help_dialogs import AboutDialog, ShortcutsDialog
from cellwright.ui.dialogs.one_dialog import OneDialog
from cellwright.ui.dialogs.pixel_size_dialog import PixelSizeDialog
from cellwright.ui.dialogs.plugins_dialog import PluginsDialog
from cellwright.ui.folders import show_folder
from cellwright.ui.logs import log_folder
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.reporting.recorder import Export, measured_on
from cellwright.ui.reporting.reporting import Reporting
from cellwright.ui.state.numbers import now_of
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.samples import SAMPLES, sample_named

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from cellwright.jobs.queue import Job
    from cellwright.ui.main_window import MainWindow
    from cellwright.ui.state.look import Look
    from cellwright.workflows import Analysis
    from cellwright.workflows.plugins import Plugin

_STEP = 0.01


class Commands:
    """The verbs of a window.

    Parameters
    ----------
    window : MainWindow
        What they act on.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session, self._controller = window.session, window.controller
        self._palette = CommandPalette(window)
        self._dialogs = OneDialog()
        self.reporting = Reporting(window.shelf.host)

    @property
    def dialog(self) -> QDialog | None:
        """The dialog that is open, if any."""
        return self._dialogs.open

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action."""
        window, session = self._window, self._session
        return {
            "file.open": self.open_pictures,
            "file.open_folder": self.open_folder,
            **{f"file.open_{sample.name}": partial(self.open_sample, sample.name) for sample in SAMPLES},
            **window.correcting.handlers(),
            **window.reviewing.handlers(),
            **window.teaching.handlers(),
            **window.sets.handlers(),
            **window.slides.handlers(),
            **window.measuring.cells.handlers(),
            **window.shelf.handlers(),
            **self.reporting.handlers(),
            "file.close": self.close_picture,
            "file.close_all": self.close_all,
            "file.export": self.export,
            "file.start_page": window.centre.show_start_page,
            "file.quit": window.close,
            "edit.copy_table": self.copy_table,
            "edit.copy_counts": self.copy_counts,
            "edit.ruler": window.measuring.rule,
            "edit.pixel_size": self.set_pixel_size,
            "edit.next_object": lambda: self._step(1),
            "edit.previous_object": lambda: self._step(-1),
            "edit.deselect": self.deselect,
            "view.zoom_in": lambda: self._on_canvas("zoom_in"),
            "view.zoom_out": lambda: self._on_canvas("zoom_out"),
            "view.fit": lambda: self._on_canvas("fit"),
            "view.actual": lambda: self._on_canvas("actual_size"),
            "view.centre": window.presenter.centre_selected,
            **{
                f"view.{name}": partial(self._set_layer, name)
                for name in ("outlines", "fill", "boxes", "points", "labels", "scale_bar")
            },
            "view.blink": window.blink.start,
            "view.next_plane": lambda: window.centre.planes.step("z", 1),
            "view.previous_plane": lambda: window.centre.planes.step("z", -1),
            "view.next_time": lambda: window.centre.planes.step("t", 1),
            "view.previous_time": lambda: window.centre.planes.step("t", -1),
            "view.reset_display": window.display.reset_brightness,
            "view.next_picture": lambda: session.step(1),
            "view.previous_picture": lambda: session.step(-1),
            "view.light_theme": lambda on: window.set_theme("light" if on else "dark"),
            "view.full_screen": lambda on: window.showFullScreen() if on else window.showNormal(),
            "view.reset_panels": window.places.reset,
            "analyze.run": self.analyze,
            "analyze.run_all": self.analyze_all,
            "analyze.planes": self.analyze_planes,
            "analyze.cancel": self._controller.cancel_all,
            "analyze.on_open": window.set_analyze_on_open,
            "analyze.confidence_up": lambda: session.shift_thresholds(_STEP),
            "analyze.confidence_down": lambda: session.shift_thresholds(-_STEP),
            "analyze.confidence_reset": session.reset_thresholds,
            "help.palette": self.find_command,
            "help.shortcuts": self.show_shortcuts,
            "help.log": self.open_log,
            "help.plugins": self.show_plugins,
            "help.about": lambda: self.show_dialog(AboutDialog(self._window)),
        }

    # ---- file

    def open_pictures(self) -> None:
        """Ask for pictures and open them."""
        from cellwright.imaging import FILE_KINDS, OPENABLE_SUFFIXES

        patterns = " ".join(f"*{suffix}" for suffix in sorted(OPENABLE_SUFFIXES))
        kinds = ";;".join(f"{kind} ({' '.join(f'*.{name}' for name in names)})" for kind, names in FILE_KINDS.items())
        folder = self._window.settings.last_open_folder or str(Path.home())
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open pictures", folder, f"All pictures and slides ({patterns});;{kinds};;All files (*)"
        )
        self._open(names)

    def open_folder(self) -> None:
        """Ask for a folder and open every picture in it."""
        folder = self._window.settings.last_open_folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self._window, "Open a folder of pictures", folder)
        self._open([chosen] if chosen else [])

    def _open(self, names: list[str]) -> None:
        if names:
            self._window.settings.last_open_folder = str(Path(names[0]).parent)
            self._controller.open_paths(names)

    def open_sample(self, name: str) -> None:
        """Open a picture that comes with the program, and choose a model that fits it."""
        sample = sample_named(name)
        card = self._session.card
        if card is not None and card.name not in sample.models:
            folder = next((found for model in sample.models if (found := self._window.model_folder(model))), None)
            if folder is not None:
                self._window.choose_model(folder)
        self._controller.open_paths([sample.path])

    def close_picture(self) -> None:
        """Close the picture that is shown."""
        if self._session.current is not None:
            self._close(self._session.current)

    def close_all(self) -> None:
        """Close every picture."""
        for picture in self._session.pictures:
            self._close(picture)

    def _close(self, picture: Picture) -> None:
        self._controller.close_picture(picture)
        self._window.centre.banner.forget(picture.name)
        if self._window.centre.canvas is not None:
            self._window.centre.canvas.forget(picture.key)

    def close_key(self, key: int) -> None:
        """Close the picture with that key."""
        picture = self._session.picture_with_key(key)
        if picture is not None:
            self._close(picture)

    def export(self) -> None:
        """Ask what to write, and write it."""
        picture, settings = self._session.current, self._window.settings
        if picture is None:
            return
        if picture.state.is_busy:
            self._window.say(Message(Level.INFO, "The analysis of this picture is not finished; export it afterwards."))
            return
        this, every = self._written([picture], picture), self._written(self._session.pictures, picture)
        if not this:
            self._window.say(Message(Level.INFO, "There is nothing on this picture yet: analyze it, or draw on it."))
            return
        analyzed = sum(bool(self._known_of(each)) for each in self._session.pictures)
        folder = settings.last_export_folder or str(picture.path.parent / "cellwright results")
        dialog = ExportDialog(
            picture.name,
            scope_of(this),
            scope_of(every),
            analyzed - scope_of(every).pictures,
            folder,
            settings.export_formats,
            self._window,
            measured=measured_on(self._session, self._session.pictures),
            only=self._session.only,
        )
        dialog.chosen.connect(partial(self._on_export, picture))
        self.show_dialog(dialog)

    def _on_export(self, picture: Picture, choice: ExportChoice) -> None:
        self._window.settings.last_export_folder = str(choice.folder)
        self._window.settings.export_formats = list(choice.formats)
        pictures = self._session.pictures if choice.all_pictures else (picture,)
        analyses = self._written(pictures, picture)
        measured = measured_on(self._session, pictures) if choice.measured else ()
        keep = self._session.only if choice.only else ""
        export = Export(choice.formats, measured, keep, choice.with_pictures)
        self.reporting.recorder.exported(export, len(analyses), choice.folder)
        self._controller.export(
            analyses,
            self._session.thresholds_for(picture),
            choice.folder,
            formats_of(choice),
            overwrite=choice.overwrite,
            with_pictures=choice.with_pictures,
            manifest=choice.manifest,
            measured=measured,
            keep=keep,
            project=self._window.shelf.host.kept_project,  # a draft goes away by itself and says nothing to others
        )

    def analyses(self, *, of_all: bool = False) -> list[Analysis]:
        """Return what would be written of the shown picture, or of all that fit it; empty where nothing is shown."""
        picture = self._session.current
        return [] if picture is None else self._written(self._session.pictures if of_all else [picture], picture)

    def _known_of(self, picture: Picture) -> list[Analysis]:
        """Return what was found on a picture, plane by plane, and what people drew where no model looked."""
        return [*picture.analyses, *self._window.correcting.belonging.unshown(picture)]

    def _written(self, pictures: Sequence[Picture], with_this: Picture) -> list[Analysis]:
        """Return all that is known of pictures with the classes of one: only that fits into one set of files."""
        classes = with_this.objects.classes if with_this.objects is not None else ()
        return [
            now_of(picture, analysis)
            for picture in pictures
            for analysis in self._known_of(picture)
            if analysis.objects.classes == classes
        ]

    # ---- edit

    def copy_table(self) -> None:
        """Put rows of the table on the clipboard."""
        count = self._window.objects.copy()
        self._window.status.showMessage(f"{plural(count, 'row')} copied", 4000)

    def copy_counts(self) -> None:
        """Put the counts on the clipboard."""
        self._window.counts.copy()
        self._window.status.showMessage("Counts copied", 4000)

    def set_pixel_size(self) -> None:
        """Ask how large a pixel is."""
        picture = self._session.current
        if picture is None:
            return
        dialog = PixelSizeDialog(
            picture.name,
            picture.user_pixel_size,
            picture.tag_pixel_size,
            _note_of(picture),
            self._window,
        )
        dialog.chosen.connect(lambda size, for_all: self._on_pixel_size(picture, size, for_all))
        self.show_dialog(dialog)

    def _on_pixel_size(self, picture: Picture, size: PixelSize | None, for_all: bool) -> None:
        for each in self._session.pictures if for_all else (picture,):
            self._session.set_pixel_size(each, size)

    def deselect(self) -> None:
        """Put the tool away; where there is none, select nothing, light up nothing, put the ruler away."""
        if self._window.correcting.tools.leave():
            return
        self._window.actions_set["edit.ruler"].setChecked(False)
        self._session.light_up(None)
        self._session.select(None)

    def _step(self, by: int) -> None:
        self._window.objects.step(by)

    # ---- view, analyze, help

    def _on_canvas(self, method: str) -> None:
        canvas = self._window.centre.canvas
        if canvas is not None:
            getattr(canvas, method)()

    def _set_layer(self, name: str, on: bool) -> None:
        window = self._window
        if name == "boxes":
            window.set_options(window.options.with_boxes(on, window.layers.has_masks))
        else:
            window.set_options(replace(window.options, **{name: on}))  # type: ignore[arg-type]

    def analyze(self) -> None:
        """Analyze the picture that is shown."""
        if self._session.current is not None:
            self._controller.analyze([self._session.current])

    def analyze_planes(self) -> None:
        """Analyze every plane of the stack that is shown."""
        if self._session.current is not None:
            self._controller.analyze_planes(self._session.current)

    def set_look(self, look: Look) -> None:
        """See the picture that is shown in another way, or another plane of it."""
        if self._session.current is not None:
            self._controller.set_look(self._session.current, look)

    def set_analysed_channel(self, channel: int | None) -> None:
        """Show models this channel of the picture from now on, and analyze it anew if it has been."""
        picture = self._session.current
        if picture is not None and picture.analysed_channel != channel:
            picture.analysed_channel = channel
            if picture.objects is not None or picture.state.is_busy:
                self._controller.analyze([picture])

    def analyze_key(self, key: int) -> None:
        """Analyze the picture with that key."""
        picture = self._session.picture_with_key(key)
        if picture is not None:
            self._controller.analyze([picture])

    def analyze_all(self) -> None:
        """Analyze every open picture that has no result."""
        waiting = [p for p in self._session.pictures if p.analysis is None and not p.state.is_busy]
        self._controller.analyze(waiting)

    def find_command(self) -> None:
        """Show the command palette."""
        self._palette.open_with([*self._window.actions_set.named(), *self._window.bars.pages()])

    def show_shortcuts(self) -> None:
        """Show every key, and let another program's keys be chosen."""
        window = self._window
        dialog = ShortcutsDialog(window.actions_set.named(), window.settings.shortcut_scheme, TITLES, window)
        dialog.scheme_chosen.connect(window.set_shortcut_scheme)
        dialog.scheme_chosen.connect(lambda _scheme: dialog.show_keys(window.actions_set.named()))
        self.show_dialog(dialog)

    def show_plugins(self) -> None:
        """List the installed plugins at once, and say which cannot be used as soon as each was loaded."""
        from cellwright.jobs.queue import JobState, Lane
        from cellwright.workflows.plugins import TryPlugins, plugins

        dialog = PluginsDialog(plugins(tried=False), self._window)

        def tell(job: Job[tuple[Plugin, ...]]) -> None:
            if job.state is JobState.DONE and job.result is not None and self.dialog is dialog:
                dialog.show_tried(job.result)

        self.show_dialog(dialog)
        self._controller.submit_quietly(TryPlugins(), Lane.FILES, tell)

    def open_log(self) -> None:
        """Show the folder of the log in the desktop's file manager."""
        folder = log_folder()
        if folder is not None and folder.is_dir():
            show_folder(folder)
        else:
            self._window.say(Message(Level.INFO, "No log is written in this run."))

    def show_dialog(self, dialog: QDialog) -> None:
        """Show a dialog in the place of the one that is open."""
        self._dialogs.show(dialog)

    def close_dialog(self) -> None:
        """Close the dialog that is open, if any."""
        self._dialogs.close()


def _note_of(picture: Picture) -> str:
    """Return what is known about a pixel size; what would fit is told, and never entered for a person."""
    fitting = picture.fitting_pixel_size
    if picture.pixel_size is not None or fitting is None:
        return picture.pixel_size_note
    return f"{picture.pixel_size_note}; {fitting.x_um:.2g} µm would fit if these are human red cells"
