"""`MainWindow`: the panels around the picture, put together and remembered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QWidget

from cellwright.core import CellwrightError
from cellwright.jobs.queue import Job, JobQueue, Lane
from cellwright.settings import Settings, load_settings, save_settings
from cellwright.ui import pages
from cellwright.ui.actions.action_info import Needs
from cellwright.ui.actions.action_set import ActionSet, choices
from cellwright.ui.background.find_models import FindModels
from cellwright.ui.background.warm_up import PrepareModel, PrepareViewer
from cellwright.ui.bars import Bars
from cellwright.ui.blink import Blink
from cellwright.ui.canvas import CanvasOptions
from cellwright.ui.canvas.remembered import options_of, remember
from cellwright.ui.commands import Commands
from cellwright.ui.controller import Controller, MakeAnalysis
from cellwright.ui.correcting.correcting import Correcting
from cellwright.ui.correcting.filter_line import FilterLine, with_filter
from cellwright.ui.correcting.project_files import window_title
from cellwright.ui.dropping import Dropping
from cellwright.ui.looks.icons import app_icon
from cellwright.ui.looks.theme import apply_theme, theme_named
from cellwright.ui.looks.widgets import scrolling
from cellwright.ui.measuring import Measuring
from cellwright.ui.pages import Pages
from cellwright.ui.panels.banner import Message
from cellwright.ui.panels.centre import Centre, has_opengl
from cellwright.ui.panels.counts_panel import CountsPanel
from cellwright.ui.panels.display_panel import DisplayPanel
from cellwright.ui.panels.jobs_panel import JobsPanel
from cellwright.ui.panels.layers_panel import LayersPanel
from cellwright.ui.panels.model_panel import ModelPanel
from cellwright.ui.panels.objects_table import ObjectsTable
from cellwright.ui.panels.pictures_panel import PicturesPanel
from cellwright.ui.panels.selected_panel import SelectedPanel
from cellwright.ui.panels.status import StatusLine
from cellwright.ui.places import Places
from cellwright.ui.presenter import Presenter
from cellwright.ui.proposing import Proposing
from cellwright.ui.review.reviewing import Reviewing
from cellwright.ui.sets.sets import Sets
from cellwright.ui.shelf import Shelf
from cellwright.ui.slides.slides import Slides
from cellwright.ui.state.session import Session
from cellwright.ui.teaching.teaching import Teaching

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QPaintEvent

    from cellwright.zoo import ListedModel

_log = logging.getLogger(__name__)
_SIZE = QSize(1440, 900)
_GETTING_READY = "Getting the model ready; the first time on a computer this takes half a minute"


class MainWindow(QMainWindow):
    """The window.

    Parameters
    ----------
    settings : Settings, optional
        A person's choices; read from their file if None.
    make_analysis : callable, optional
        See `Controller`.

    Signals
    -------
    told(object)
        A `Message` from any thread.
    painted()
        The window has been seen for the first time.
    """

    told = Signal(object)
    painted = Signal()

    def __init__(self, settings: Settings | None = None, make_analysis: MakeAnalysis | None = None) -> None:
        super().__init__()
        self.settings = settings if settings is not None else load_settings()
        self.theme = theme_named(self.settings.theme)
        apply_theme(self.theme)
        self.setWindowIcon(app_icon())
        self.setWindowTitle("Cellwright")
        self.session = Session()
        self.controller = Controller(self.session, JobQueue(), make_analysis)
        self.controller.setParent(self)
        self.controller.device = self.settings.device
        self.controller.analyze_on_open = self.settings.analyze_on_open
        self.is_viewer_ready = self.is_loading_viewer = False
        self._models: dict[str, Path] = {}
        self._is_painted = False
        self.options = options_of(self.settings)
        self.blink = Blink(self)
        self._make_panels()
        self._make_docks()
        self.dropping = Dropping(self)
        self.measuring = Measuring(self)
        self.proposing = Proposing(self)
        self.presenter = Presenter(self)
        self.actions_set = ActionSet(self, self.settings.shortcuts, self.settings.shortcut_scheme)
        self.correcting = Correcting(self, self)
        self.reviewing = Reviewing(self, self)
        self.teaching = Teaching(self, self)
        self.sets = Sets(self, self.correcting.files, lambda: tuple(self._models.items()), self)
        self.slides = Slides(self, self)
        self._add_pages()
        self.commands = Commands(self)
        self.bars = Bars(self)
        self._connect()
        self.resize(_SIZE)
        self.places.restore(self.settings)
        self.update_actions()

    # ---- building

    def _make_panels(self) -> None:
        self.centre = Centre(self.theme)
        self.setCentralWidget(self.centre)
        count = self.session.counted
        self.pictures = PicturesPanel(self.session, lambda picture: int(count(picture).sum()), self.theme)
        self.layers = LayersPanel(self.options)
        self.model_panel = ModelPanel(self.session)
        self.counts = CountsPanel()
        self.selected = SelectedPanel()
        self.objects = ObjectsTable()
        self.jobs = JobsPanel()
        self.display = DisplayPanel()
        self.status = StatusLine()
        self.setStatusBar(self.status)

    def _make_docks(self) -> None:
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.tabs = Pages()
        self.filter_line = FilterLine(self.session)
        self.tabs.put(with_filter(self.filter_line, self.objects), "Objects", pages.OBJECTS)
        self.tabs.put(self.jobs, "Jobs", pages.JOBS)
        self.places = Places(self)
        self.places.add("Pictures", self.pictures, left, 210)
        self.places.add("Layers", scrolling(self.layers, "Layers"), left, 300)
        self.places.add("Display", scrolling(self.display, "Display"), left, 210)
        self.places.add("Model", scrolling(self.model_panel, "Model"), right, 245)
        self.places.add("Counts", scrolling(self.counts, "Counts"), right, 235)
        self.places.add("Selected cell", scrolling(self.selected, "Selected cell"), right, 210)
        self.places.add("Objects and jobs", self.tabs, Qt.DockWidgetArea.BottomDockWidgetArea, 210, is_named=False)
        self.docks = self.places.docks

    def _add_pages(self) -> None:
        """Put gallery, queue, teaching, regions, batches and what is registered beside the table."""
        teach = scrolling(self.teaching.panel, "Teach")
        self.tabs.put(self.reviewing.gallery.panel, "Gallery", pages.GALLERY)
        self.tabs.put(self.reviewing.queueing.panel, "Review", pages.REVIEW)
        self.tabs.put(teach, "Teach", pages.TEACH)
        self.tabs.put(self.slides.regioning.panel, "Regions", pages.REGIONS)
        self.tabs.put(self.slides.batching.page, "Slides", pages.SLIDES)
        self.reviewing.shown.connect(self.tabs.show_page)
        self.teaching.shown.connect(lambda _panel: self.tabs.show_page(teach))
        self.teaching.models_changed.connect(self._on_models)
        self.slides.shown.connect(self.tabs.show_page)
        self.controller.take_slides = self.slides.take_slides
        self.shelf = Shelf(self)

    def _on_models(self, name: str) -> None:
        """Offer what is on the shelf now, and use the model that was named."""
        folder = self.session.model_folder
        self.load_models()
        chosen = self.model_folder(name) if name else folder
        if chosen is not None:
            self.choose_model(chosen)

    def _connect(self) -> None:
        commands, session, controller = self.commands, self.session, self.controller
        start = self.centre.start_page
        start.open_asked.connect(commands.open_pictures)
        start.folder_asked.connect(commands.open_folder)
        start.sample_asked.connect(commands.open_sample)
        start.recent_chosen.connect(lambda path: controller.open_paths([path]))
        start.new_project_asked.connect(self.correcting.files.ask_new)
        start.open_project_asked.connect(self.correcting.files.ask_open)
        start.project_chosen.connect(lambda path: self.correcting.files.open(Path(path)))
        self.correcting.files.opened.connect(self._on_project)
        self.pictures.close_asked.connect(commands.close_key)
        self.pictures.analyze_asked.connect(commands.analyze_key)
        self.pictures.list.itemClicked.connect(lambda _item: self._show_picture_page())
        self.layers.changed.connect(self.set_options)
        self.display.look_changed.connect(commands.set_look)
        self.display.analysed_channel_changed.connect(commands.set_analysed_channel)
        self.centre.planes.look_changed.connect(commands.set_look)
        self.centre.planes.plane_asked.connect(commands.analyze)
        self.centre.planes.all_asked.connect(commands.analyze_planes)
        self.blink.hidden.connect(self.presenter.hide_results)
        self.model_panel.model_chosen.connect(self.choose_model)
        self.model_panel.ruler_asked.connect(lambda: self.actions_set["edit.ruler"].setChecked(True))
        self.counts.visible_changed.connect(session.set_visible)
        self.counts.class_lit.connect(session.light_up)
        self.selected.centre_asked.connect(self.presenter.centre_selected)
        self.objects.chosen.connect(session.select)
        self.objects.rows_chosen.connect(lambda rows: session.select_rows(rows, session.selected))
        self.objects.activated.connect(lambda _row: self.presenter.centre_selected())
        self.objects.analyze_asked.connect(commands.analyze)
        self.status.pixel_size_asked.connect(commands.set_pixel_size)
        self.status.jobs_asked.connect(lambda: self.tabs.setCurrentWidget(self.jobs))
        self.jobs.running_changed.connect(self._on_running)
        controller.message.connect(self.say)
        controller.job_listed.connect(self.jobs.add)
        controller.job_changed.connect(self._on_job)
        controller.opened.connect(self._on_opened)
        # queued: an error may be told on any thread
        self.told.connect(self.say, Qt.ConnectionType.QueuedConnection)

    # ---- starting

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Do what can wait until the window is seen: models, viewer, pictures, and then the heavy libraries."""
        self.load_models(imported=False)
        self.is_loading_viewer = has_opengl()
        self.is_viewer_ready = not self.is_loading_viewer
        if self.is_loading_viewer:
            self.controller.submit_quietly(PrepareViewer(), Lane.FILES, self._on_viewer_ready)
        else:
            self._look_for_plugins()
        if paths:
            self.controller.open_paths(paths)

    def warm_up(self) -> None:
        """Load the model and the libraries it runs on, behind whatever is asked for before."""
        folder = self.session.model_folder
        if folder is not None:
            self.status.showMessage(_GETTING_READY)
            operation = PrepareModel(folder, self.controller.device)
            self.controller.submit_quietly(operation, Lane.DEVICE, self._on_model_ready)

    def _on_model_ready(self, job: Job[None]) -> None:
        if self.status.currentMessage() == _GETTING_READY:
            self.status.clearMessage()
        if job.error is not None:
            # no message: whoever analyzes is told then, and until then nobody has asked for anything
            _log.warning("%s failed: %s", job.title, job.error)

    def load_models(self, *, imported: bool = True) -> None:
        """List the models and choose the one used last, or the first that works.

        Without `imported`, packages that bring models are not waited for, unless the one used last is of such.
        """
        from cellwright.zoo import list_models

        models = list_models(imported=imported)
        wanted = self._used_last(models)
        if not imported and self.settings.model and not wanted:
            models = list_models()
            wanted = self._used_last(models)
        usable = [model for model in models if model.card is not None]
        shipped = [model for model in usable if model.name == "blood-cells-yolo"]
        chosen = next(iter([*wanted, *shipped, *usable]), None)
        self._offer_models(models, chosen.folder if chosen else None)
        self.session.set_model(chosen.folder if chosen else None, chosen.card if chosen else None)

    def _offer_models(self, models: Sequence[ListedModel], chosen: Path | None) -> None:
        self._models = {model.name: model.folder for model in models if model.card is not None}
        self.model_panel.set_models(models)
        titles = {str(model.folder): model.card.title for model in models if model.card is not None}
        choices(self.actions_set.submenu("models"), titles, str(chosen) if chosen else "", self.choose_model)

    def _look_for_plugins(self) -> None:
        """Import what packages bring, with the viewer loaded: two threads must not import parts of Qt at once."""
        self.shelf.begin()
        self.controller.submit_quietly(FindModels(), Lane.FILES, self._on_models_found)

    def _on_models_found(self, job: Job[Sequence[ListedModel]]) -> None:
        """Offer what packages brought too; the model in use and its thresholds stay."""
        if job.result is not None:
            self._offer_models(job.result, self.session.model_folder)

    def _used_last(self, models: Sequence[ListedModel]) -> list[ListedModel]:
        names = [model for model in models if model.card is not None]
        return [model for model in names if self.settings.model in (model.name, str(model.folder))]

    def model_folder(self, name: str) -> Path | None:
        """Return where a usable model of that name lies; None where there is none."""
        return self._models.get(name)

    def choose_model(self, folder: str | Path) -> None:
        """Use another model from now on."""
        from cellwright.zoo import load_card

        try:
            card = load_card(Path(folder))
        except CellwrightError as error:
            self.tell_error(str(error), "")
            return
        self.session.set_model(Path(folder), card)
        self.settings.model = str(folder)

    def _on_viewer_ready(self, job: Job[None]) -> None:
        self.is_viewer_ready, self.is_loading_viewer = True, False
        if job.error is not None:
            self.tell_error("The viewer could not be loaded, so pictures are not shown.", job.error_text)
        else:
            self.centre.make_canvas()
        self._look_for_plugins()

    # ---- what the window is told

    def say(self, message: Message) -> None:
        """Show a message above the picture."""
        self.centre.banner.say(message)

    def tell_error(self, text: str, details: str) -> None:
        """Show an error; may be called on any thread."""
        from cellwright.ui.panels.banner import Level

        self.told.emit(Message(Level.ERROR, text, details))

    def set_options(self, options: CanvasOptions) -> None:
        """Draw other things over the picture."""
        is_recoloured = options.colour_by is not self.options.colour_by
        self.options = options
        self.layers.set_options(options)
        self.check_layers()
        if self.centre.canvas is not None:
            self.centre.canvas.set_options(options)
        if is_recoloured:
            self.presenter.refresh_objects()

    def set_has_masks(self, has_masks: bool) -> None:
        """Say whether the cells shown have outlines."""
        self.layers.set_has_masks(has_masks)
        self.check_layers()

    def check_layers(self) -> None:
        """Tick in the menu what is drawn over the picture."""
        options = self.options
        for name in ("outlines", "fill", "points", "labels", "scale_bar"):
            self.actions_set.set_checked(f"view.{name}", getattr(options, name))
        self.actions_set.set_checked("view.boxes", options.draws_boxes(self.layers.has_masks))

    def set_theme(self, name: str) -> None:
        """Take another look: ``"dark"``, ``"light"`` or ``"system"``."""
        self.settings.theme = name  # type: ignore[assignment]
        self.theme = theme_named(name)
        apply_theme(self.theme)
        self.actions_set.set_theme(self.theme)
        self.reviewing.set_theme(self.theme)
        self.teaching.set_theme(self.theme)
        self.centre.set_theme(self.theme)
        self.pictures.set_theme(self.theme)
        self.shelf.set_theme(self.theme)
        self.actions_set.set_checked("view.light_theme", not self.theme.is_dark)

    def set_analyze_on_open(self, on: bool) -> None:
        """Say whether pictures are analyzed as soon as they are opened."""
        self.settings.analyze_on_open = self.controller.analyze_on_open = on

    def set_shortcut_scheme(self, scheme: str) -> None:
        """Use the keys of another program from now on."""
        self.settings.shortcut_scheme = scheme  # type: ignore[assignment]
        self.actions_set.set_scheme(scheme)

    def set_device(self, device: str) -> None:
        """Say what analyses run on from now on."""
        self.settings.device = self.controller.device = device

    def update_actions(self) -> None:
        """Offer the actions that make sense now."""
        picture = self.session.current
        present = {Needs.NOTHING}
        if picture is not None:
            present.add(Needs.PICTURE)
            if picture.facts is not None and picture.facts.is_stack:
                present.add(Needs.STACK)
            if picture.objects is not None:
                present.add(Needs.OBJECTS)
            if self.session.selected is not None:
                present.add(Needs.SELECTION)
        present |= self.correcting.needs()
        if len(self.session.pictures) > 1:
            present.add(Needs.PICTURES)
        if self.controller.is_working:
            present.add(Needs.WORK)
        self.actions_set.offer(present)

    @property
    def opener(self) -> Controller:
        """What opens pictures, for who corrects."""
        return self.controller

    @property
    def widget(self) -> QWidget:
        """The window, as the parent of dialogs."""
        return self

    def show_title(self) -> None:
        """Name the picture and the project at the head of the window."""
        picture = self.session.current
        self.setWindowTitle(window_title(self.correcting.link, picture.name if picture is not None else ""))

    def _on_project(self, _link: object) -> None:
        self.show_title()
        self.bars.show_recent_projects()

    def _on_running(self, running: int) -> None:
        self.tabs.setTabText(self.tabs.indexOf(self.jobs), f"Jobs ({running})" if running else "Jobs")
        self.status.show_jobs(running)
        self.update_actions()

    def _on_job(self, job: Job[object]) -> None:
        self.jobs.refresh(job)
        if job.state.is_end:
            self.update_actions()

    def _on_opened(self, path: Path) -> None:
        self.settings.remember_file(path)
        self.bars.show_recent()

    def _show_picture_page(self) -> None:
        if self.centre.is_start_page and self.session.current is not None:
            self.controller.load_current()

    # ---- painting, closing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say when the window is seen for the first time."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window, tell every job to stop, let go of everything; `dispose` waits for what cannot stop."""
        self.places.remember(self.settings)
        remember(self.options, self.settings)
        save_settings(self.settings)
        self.blink.stop()
        self.presenter.stop()
        self.reviewing.stop()
        self.teaching.stop()
        self.sets.stop()
        self.slides.stop()
        self.shelf.stop()
        self.correcting.stop()
        self.jobs.stop()
        self.controller.cancel_all()
        self.commands.close_dialog()
        if self.centre.canvas is not None:
            self.centre.canvas.close_viewer()
        super().closeEvent(event)
