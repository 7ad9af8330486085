"""`analyze`: a model looks at an image layer; what it finds comes back as layers, the same that `cw.analyze` finds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.jobs import Progress, run_inline
from cellwright.workflows import DEFAULT_MODEL, AnalyzePicture
from napari_cellwright.object_layers import layers_of_analysis
from napari_cellwright.picture_layers import LayerTuple
from napari_cellwright.placing import Pictured, Plane, picture_of

if TYPE_CHECKING:
    import napari.layers


CLASSIFICATION = "classification"


def model_names(*_: object) -> list[str]:
    """Return the models that are there, shipped, taught or brought by plugins; broken ones are left out."""
    from cellwright.zoo import list_models

    return sorted(each.name for each in list_models() if each.card is not None and each.card.task != CLASSIFICATION)


def classifier_choices(*_: object) -> list[tuple[str, str]]:
    """Return the classifiers, which tell apart what another model found, as shown and as asked for; first none."""
    from cellwright.zoo import list_models

    names = sorted(e.name for e in list_models() if e.card is not None and e.card.task == CLASSIFICATION)
    return [("none", ""), *((name, name) for name in names)]


@dataclass(frozen=True, slots=True, eq=False)
class AnalyzeLayer:
    """The work of `analyze`: an operation whose result is the list of layers.

    Parameters
    ----------
    pictured : Pictured
        The picture behind a layer, see `picture_of`.
    work : AnalyzePicture
        How the model is asked.
    least_score : float or None
        Score from which an object counts; None takes what the model's card says.
    """

    pictured: Pictured
    work: AnalyzePicture
    least_score: float | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return self.work.title

    def run(self) -> Generator[Progress, None, list[LayerTuple]]:
        """Look at the picture tile by tile, then draw.

        Raises
        ------
        SlideNotReadable, UnknownName, ModelNotUsable, BadParameter
            See `cellwright.workflows.AnalyzePicture.run`.
        """
        analysis = yield from self.work.run()
        yield Progress(0, 0, "Drawing what was found")
        return layers_of_analysis(analysis, self.pictured.placement, self.least_score)


def analysis_work(
    image: napari.layers.Image,
    model: str = DEFAULT_MODEL,
    least_score: float = 0.0,
    pixel_size_um: float = 0.0,
    object_px: float = 0.0,
    every_channel: bool = False,
    augment: bool = False,
    classify: str = "",
    plane: Plane = (),
) -> AnalyzeLayer:
    """Return the work of `analyze` without doing it; to be called on the viewer's thread, and run on any other."""
    pictured = picture_of(image, plane, every_channel=every_channel)
    size = PixelSize(pixel_size_um, pixel_size_um, PixelSizeSource.USER) if pixel_size_um else pictured.pixel_size
    work = AnalyzePicture(
        pictured.ref, model, pixel_size=size, object_px=object_px or None, augment=augment, classify=classify or None
    )
    return AnalyzeLayer(pictured, work, least_score or None)


def analyze(
    image: napari.layers.Image,
    model: Annotated[str, {"choices": model_names}] = DEFAULT_MODEL,
    least_score: Annotated[float, {"min": 0.0, "max": 1.0, "step": 0.01}] = 0.0,
    pixel_size_um: Annotated[float, {"min": 0.0, "max": 1000.0, "step": 0.001}] = 0.0,
    object_px: Annotated[float, {"min": 0.0, "max": 10_000.0, "step": 1.0}] = 0.0,
    every_channel: bool = False,
    augment: bool = False,
    classify: Annotated[str, {"choices": classifier_choices}] = "",
    plane: Plane = (),
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[LayerTuple]:
    """Find the objects on an image layer.

    Parameters
    ----------
    image : napari.layers.Image
        Read from its file where Cellwright opened it, else taken from memory.
    model : str
        Name of a model, see `model_names`, or its folder.
    least_score : float
        Score from which an object counts; 0 takes what the model's card says for each class.
    pixel_size_um : float
        Micrometres a pixel; 0 takes what the layer says.
    object_px : float
        Diameter of a typical object in pixels, where it was measured; 0 for not measured.
    every_channel : bool
        Whether all channels of the file are looked at together, and not the layer's alone.
    augment : bool
        Whether turned and mirrored copies are looked at too: slower, a little better.
    classify : str
        Name of a classifier that tells apart what the model found; empty for none.
    plane : tuple of int
        Index along each axis before rows and columns; empty for the first.
    on_progress : callable, optional
        Called with every report; what it raises stops the work.

    Returns
    -------
    list of (data, properties, kind)
        To be added with ``viewer.add_layer(napari_cellwright.as_layer(each))``.

    Raises
    ------
    SlideNotReadable, UnknownName, ModelNotUsable, BadParameter
        If the picture or the model cannot be used.
    """
    work = analysis_work(image, model, least_score, pixel_size_um, object_px, every_channel, augment, classify, plane)
    return run_inline(work, on_progress)
