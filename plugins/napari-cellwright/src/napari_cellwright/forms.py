"""The forms in napari's menu, of magicgui's widgets alone: what to do is asked, done beside the viewer, and shown."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import textwrap
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, Label, ProgressBar, PushButton, Table, create_widget

from cellwright.core import BadParameter, CellwrightError, PixelSize, PixelSizeSource
from cellwright.jobs import Operation, Progress
from cellwright.workflows import scale_advice
from cellwright.zoo import find_model, load_card, score_title
from napari_cellwright.analyzing import analysis_work, analyze
from napari_cellwright.beside import Outcome, Running
from napari_cellwright.counting import count
from napari_cellwright.measuring import measure, measuring_work, put_into_features
from napari_cellwright.object_layers import as_layer
from napari_cellwright.placing import picture_of, pixel_size_of, plane_shown
from napari_cellwright.proposing import ProposeModel

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from cellwright.zoo import ModelCard

_NOT_ASKED = ("plane", "on_progress")
_WIDE = 44
"""Letters in a line: labels of magicgui do not break lines themselves."""


class WorkForm(Container[Any]):
    """A form that asks for the arguments of a function, and shows how far its work is.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are worked on.
    function : callable
        Its signature is the form.
    labels : mapping of str to str
        What each argument is called before a person.
    options : mapping
        How single arguments are asked for, as magicgui has it.
    button : str
        What the button says.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        function: Callable[..., Any],
        labels: Mapping[str, str],
        options: Mapping[str, Mapping[str, Any]],
        button: str,
    ) -> None:
        self.viewer = viewer
        self.asked = {each.name: each for each in _widgets(function, labels, options)}
        self.button = PushButton(text=button)
        self.cancel_button = PushButton(text="Cancel", enabled=False)
        self.progress = ProgressBar(visible=False, label="")
        self.said = Label(value="", label="")
        self.running: Running | None = None
        buttons = Container(widgets=[self.button, self.cancel_button], layout="horizontal", labels=False, label="")
        super().__init__(widgets=[*self.asked.values(), buttons, self.progress, self.said])
        self.button.changed.connect(self.go)
        self.cancel_button.changed.connect(self.cancel)

    def values(self) -> dict[str, Any]:
        """Return what was asked, by name."""
        return {name: widget.value for name, widget in self.asked.items()}

    def go(self) -> None:
        """Begin, unless it is under way."""
        if self.running is not None:
            return
        try:
            operation = self.prepare()
        except CellwrightError as error:
            self.tell(str(error))
            return
        self.button.enabled, self.cancel_button.enabled = False, True
        self.progress.visible = True
        self.tell(operation.title)
        self.running = Running(operation, self._on_progress, self._on_end)

    def cancel(self) -> None:
        """Stop after the step that is running; nothing is left behind."""
        if self.running is not None:
            self.tell("Stopping …")
            self.running.cancel()

    def tell(self, text: str) -> None:
        """Say something below the buttons."""
        self.said.value = _wrapped(text)

    def prepare(self) -> Operation[Any]:
        """Return the work, from what was asked; on the viewer's thread."""
        raise NotImplementedError

    def show_result(self, result: Any) -> None:
        """Take what came out; on the viewer's thread."""
        raise NotImplementedError

    def plane_of(self, layer: Layer) -> tuple[int, ...]:
        """Return which plane of a layer the viewer shows."""
        return plane_shown(layer, self.viewer.dims.point[-layer.ndim :])

    def _on_progress(self, report: Progress) -> None:
        self.progress.max = max(report.total, 0)
        self.progress.value = min(report.done, report.total)
        if self.cancel_button.enabled:
            self.tell(report.message)

    def _on_end(self, outcome: Outcome[Any]) -> None:
        self.running = None
        self.progress.visible = False
        self.button.enabled, self.cancel_button.enabled = True, False
        if outcome.was_cancelled:
            self.tell("Stopped; nothing was changed.")
        elif outcome.error is None:
            self.show_result(outcome.result)
        elif isinstance(outcome.error, CellwrightError):
            self.tell(str(outcome.error))
        else:
            from napari.utils.notifications import notification_manager

            self.tell("This failed because of a fault of the program; the notification says more.")
            error = outcome.error
            notification_manager.receive_error(type(error), error, error.__traceback__)


class AnalyzeForm(WorkForm):
    """Analyze with Cellwright: a model looks at a layer, and what it finds is laid over it."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        labels = {
            "image": "Picture",
            "model": "Model",
            "least_score": "Least score",
            "pixel_size_um": "Pixel size (µm)",
            "object_px": "Cell diameter (px)",
            "every_channel": "All channels together",
            "augment": "Turned copies too (slower)",
            "classify": "Then classify with",
        }
        options = {
            "least_score": {"tooltip": "0: what the model's card says for each class"},
            "pixel_size_um": {"tooltip": "0: what the layer says"},
            "object_px": {"tooltip": "Where you measured a typical cell; 0: not measured"},
        }
        super().__init__(napari_viewer, analyze, labels, options, "Analyze")
        self.about = Label(value="", label="")
        self.insert(2, self.about)
        for name in ("image", "model", "pixel_size_um", "object_px"):
            self.asked[name].changed.connect(self._describe)
        self._is_chosen = self._is_proposing = False
        self.asked["model"].changed.connect(self._on_model)
        self.asked["image"].changed.connect(self._propose)
        self._describe()
        self._propose()

    def prepare(self) -> Operation[Any]:
        """Return the analysis of the plane that is shown."""
        said = self.values()
        image = _must_be_there(said["image"], "Open a picture first.")
        return analysis_work(**{**said, "image": image}, plane=self.plane_of(image))

    def show_result(self, result: Any) -> None:
        """Lay what was found over the picture."""
        for each in result:
            name = each[1]["name"]
            if name in self.viewer.layers:
                self.viewer.layers.remove(name)  # of the same picture and model: this is the newer answer
            layer = self.viewer.add_layer(as_layer(each))
            counts = "\n".join(layer.metadata["counts with 95 % intervals"])
            self.tell(f"{counts}\n{layer.metadata['coverage']}")

    def _on_model(self) -> None:
        self._is_chosen = self._is_chosen or not self._is_proposing

    def _propose(self) -> None:
        """Choose a model that fits the picture, until a person has chosen one."""
        image = self.asked["image"].value
        if image is None or self._is_chosen:
            return
        try:
            pictured = picture_of(image, self.plane_of(image))
        except CellwrightError:
            return  # whoever analyzes it is told
        Running(ProposeModel(pictured.ref, pictured.pixel_size), lambda _: None, self._on_proposed)

    def _on_proposed(self, outcome: Outcome[str]) -> None:
        model = self.asked["model"]
        if not outcome.result or self._is_chosen:
            return
        self._is_proposing = True
        # Where the form was closed meanwhile, its widgets are gone, which Qt tells in this way.
        with contextlib.suppress(RuntimeError, ValueError):
            model.value = outcome.result
        self._is_proposing = False

    def _describe(self) -> None:
        """Say what the model is for, how well it does and how its scale fits the picture."""
        name, image = self.asked["model"].value, self.asked["image"].value
        if not name:
            self.about.value = "No model is there."
            return
        card = load_card(find_model(name))
        lines = [card.title]
        if card.metrics is not None:
            score = next(iter(card.metrics.named().items()), None)
            lines.append("" if score is None else f"{score_title(score[0])} {score[1]:.2f} on {card.metrics.data}")
        if image is not None:
            said = self.asked["pixel_size_um"].value
            size = PixelSize(said, said, PixelSizeSource.USER) if said else pixel_size_of(image)
            lines.append(_scale_said(card, size, self.asked["object_px"].value))
        self.about.value = _wrapped("\n".join(line for line in lines if line))


class MeasureForm(WorkForm):
    """Measure: numbers of every object of a layer, in its features."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        labels = {
            "objects": "Cells",
            "image": "Picture",
            "columns": "What",
            "every_channel": "All channels",
        }
        options = {"objects": {"choices": lambda _: _holding_objects(napari_viewer)}}
        super().__init__(napari_viewer, measure, labels, options, "Measure")

    def prepare(self) -> Operation[Any]:
        """Return the measuring of the objects as they stand now."""
        said = self.values()
        objects = _must_be_there(said["objects"], "Analyze a picture first, or draw labels or shapes.")
        image = _must_be_there(said["image"], "Open the picture first.")
        self._measured = objects
        return measuring_work(objects, image, said["columns"], said["every_channel"], self.plane_of(image))

    def show_result(self, result: Any) -> None:
        """Put the numbers into the features of the layer."""
        put_into_features(self._measured, result)
        known = ("index", "uuid", "class", "score")
        measured = [name for name in result if name not in known and result[name].notna().any()]
        self.tell(
            f"{len(result):,} cells, {len(measured)} measurements in the features of {self._measured.name}; "
            "Layers ▸ Visualize ▸ Features table shows them, and Save writes them as CSV or Excel."
        )


class CountForm(Container[Any]):
    """Count: how many cells of each class a layer holds, with exact intervals."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self.viewer = napari_viewer
        options = {"objects": {"choices": lambda _: _holding_objects(napari_viewer)}}
        labels = {"objects": "Cells", "level": "Interval covers"}
        self.asked = {each.name: each for each in _widgets(count, labels, options)}
        self.button = PushButton(text="Count")
        self.table = Table(value={"class": [], "count": [], "interval": [], "share": [], "a mm²": []}, label="")
        self.said = Label(value="", label="")
        super().__init__(widgets=[*self.asked.values(), self.button, self.table, self.said])
        self.button.changed.connect(self.go)

    def go(self) -> None:
        """Count the objects as they stand now."""
        objects = self.asked["objects"].value
        try:
            objects = _must_be_there(objects, "Analyze a picture first, or draw labels, shapes or points.")
            shown = plane_shown(objects, self.viewer.dims.point[-objects.ndim :])
            counted = count(objects, self.asked["level"].value, shown)
        except CellwrightError as error:
            self.said.value = _wrapped(str(error))
            return
        rows = counted[:-1] if len(counted) == 2 else counted  # one class is all there is
        spans = zip(rows["count_low"], rows["count_high"], strict=True)
        self.table.value = {
            "class": rows["class"].tolist(),
            "count": [f"{number:,}" for number in rows["count"]],
            "interval": [f"{low:,.0f} to {high:,.0f}" for low, high in spans],
            "share": ["" if math.isnan(share) else f"{share:.1f} %" for share in rows["share_percent"]],
            "a mm²": ["" if math.isnan(number) else f"{number:,.0f}" for number in rows["per_mm2"]],
        }
        self.said.value = _wrapped(f"{counted.attrs['coverage']} Intervals are exact, {counted.attrs['level']:.0%}.")


def _widgets(
    function: Callable[..., Any], labels: Mapping[str, str], options: Mapping[str, Mapping[str, Any]]
) -> Sequence[Any]:
    """Return a widget for each argument of a function that a person is asked for."""
    import napari
    import napari.layers

    names = {**vars(inspect.getmodule(function)), "napari": napari, "pd": _Frames}
    hints = typing.get_type_hints(function, names, include_extras=True)
    described = _descriptions(function)
    made = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in _NOT_ASKED:
            continue
        given = {} if parameter.default is inspect.Parameter.empty else {"value": parameter.default}
        said = {"tooltip": described.get(name, ""), **options.get(name, {})}
        made.append(
            create_widget(annotation=hints[name], name=name, label=labels.get(name, name), options=said, **given)
        )
    return made


class _Frames:
    """Stands for pandas where annotations are read: no form asks for a table."""

    DataFrame = object


def _descriptions(function: Callable[..., Any]) -> dict[str, str]:
    """Return the first sentence about each argument in a numpydoc docstring."""
    found: dict[str, str] = {}
    lines = inspect.getdoc(function).splitlines()  # type: ignore[union-attr]
    for line, after in itertools.pairwise(lines):
        if " : " in line and not line.startswith(" "):
            found[line.split(" : ")[0]] = after.strip()
    return found


def _scale_said(card: ModelCard, size: PixelSize | None, object_px: float) -> str:
    """Return how a model's scale fits the picture, with what a person can do about it here."""
    advice = scale_advice(card, size, object_px or None)
    if not advice.asks_to_measure:
        return advice.sentence
    return f"The model knows cells about {card.input.object_px:.0f} px wide; give the diameter of yours if it differs."


def _holding_objects(viewer: napari.Viewer) -> list[Layer]:
    from napari.layers import Labels, Points, Shapes

    return [layer for layer in viewer.layers if isinstance(layer, Labels | Shapes | Points)]


def _must_be_there(layer: Layer | None, advice: str) -> Layer:
    if layer is None:
        raise BadParameter(advice)
    return layer


def _wrapped(text: str) -> str:
    """Break long lines."""
    return "\n".join(part for line in text.splitlines() for part in textwrap.wrap(line, _WIDE) or [""])
