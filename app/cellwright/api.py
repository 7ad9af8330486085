"""What Python programs call: `import cellwright as cw`, then `cw.analyze(...)`. Loads neither torch nor Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.bundled import bundled
from cellwright.core import BadParameter, Objects, PixelSize, PixelSizeSource, UnknownName
from cellwright.core.errors import unknown_name
from cellwright.jobs import Progress, run_inline
from cellwright.workflows import (
    DEFAULT_MODEL,
    AnalyzePicture,
    ExportAnalyses,
    Format,
    counts_table,
    format_named,
    notes,
    objects_table,
)

if TYPE_CHECKING:
    import pandas as pd

    from cellwright.export import Table
    from cellwright.imaging import Slide
    from cellwright.workflows import Analysis
    from cellwright.zoo import ModelCard

__all__ = ["Found", "analyze", "model_card", "models", "open_picture", "sample_picture"]

Picture = str | Path | NDArray[Any]
Sizes = float | tuple[float, float]


@dataclass(frozen=True)
class Found:
    """What a model found on a picture, and the ways to take it on.

    Parameters
    ----------
    analysis : Analysis
        All of it: the picture, the model's card, the coverage, every object from the floor confidence up.
    thresholds : float or sequence of float, optional
        Score from which an object counts, for all classes or one each; None takes those of the model's card.
    """

    analysis: Analysis
    thresholds: float | Sequence[float] | None = None

    @cached_property
    def objects(self) -> Objects:
        """The objects that count, by falling score."""
        return self.analysis.counted(self.thresholds)

    def __len__(self) -> int:
        return len(self.objects)

    def __repr__(self) -> str:
        parts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        return f"<{parts} on {self.analysis.picture.name}: {self.coverage}>"

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(N, 4) float32: y0, x0, y1, x1 in pixels of the picture, half-open."""
        return self.objects.boxes

    @property
    def counts(self) -> dict[str, int]:
        """How many objects there are of each class, in the order of the model's card."""
        return dict(zip(self.objects.classes, self.objects.counts().tolist(), strict=True))

    @property
    def coverage(self) -> str:
        """In a sentence, what was looked at, and what is missing from every number."""
        return self.analysis.coverage.sentence()

    @property
    def is_complete(self) -> bool:
        """Whether every part of the picture was analysed."""
        return self.analysis.is_complete

    @property
    def probabilities(self) -> dict[str, NDArray[np.float32]]:
        """What a classifier said: for each of its classes (N,) float32, NaN of objects that it was not asked about.

        Empty where no classifier was asked.
        """
        said = self.analysis.probabilities
        return {} if said is None else dict(zip(said.classes, said.of(self.objects).T, strict=True))

    def at_least(self, thresholds: float | Sequence[float]) -> Found:
        """Return the same answer with other thresholds; the model is not asked again.

        Parameters
        ----------
        thresholds : float or sequence of float
            For all classes, or one each in the order of the card; nothing below the floor confidence was kept.
        """
        return Found(self.analysis, thresholds)

    def labels(self) -> NDArray[np.int32]:
        """Return which object each pixel belongs to.

        Returns
        -------
        (H, W) ndarray of int32
            1 for the first of `objects`, 2 for the second; 0 for none.

        Raises
        ------
        BadParameter
            If the model finds boxes alone.
        """
        from cellwright.shapes import labels_from_masks

        if self.objects.masks is None:
            raise BadParameter(f"{self.analysis.card.name} finds boxes, not outlines; use `boxes`, or another model.")
        return labels_from_masks(self.objects.masks, self.analysis.picture.shape).astype(np.int32)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for every object that counts; ``attrs["units"]`` names the unit of each column."""
        return _frame(objects_table([self.analysis], self.thresholds))

    def counts_to_pandas(self, level: float = 0.95) -> pd.DataFrame:
        """Return a row for every class and one for all, with exact intervals.

        Parameters
        ----------
        level : float
            Coverage of the intervals, in (0, 1).
        """
        return _frame(counts_table([self.analysis], self.thresholds, level))

    def notes(self) -> list[str]:
        """Return in sentences how the numbers came about."""
        return notes([self.analysis], self.thresholds)

    def save(
        self,
        folder: str | Path,
        formats: str | Sequence[str] = "csv",
        *,
        overwrite: bool = False,
        manifest: bool = False,
    ) -> tuple[Path, ...]:
        """Write files that other programs read.

        Parameters
        ----------
        folder : str or Path
            Made if it is missing.
        formats : str or sequence of str
            ``"csv"``, ``"xlsx"``, ``"geojson"``, ``"labels"`` and so on, or what a plugin brings; see `cellwright
            plugins --all`.
        overwrite : bool
            Whether earlier results may be replaced.
        manifest : bool
            Whether ``manifest.json`` is written too: what the results were made from and with.

        Raises
        ------
        BadParameter
            If a format is unknown, or needs outlines where there are boxes alone.
        OutputExists, OutputNotWritable
            If something is there already, or nothing can be written there.
        """
        asked = tuple(_format(name) for name in ([formats] if isinstance(formats, str) else formats))
        work = ExportAnalyses((self.analysis,), Path(folder), asked, self.thresholds, overwrite, manifest=manifest)
        return run_inline(work)


def analyze(
    picture: Picture,
    model: str | Path = DEFAULT_MODEL,
    *,
    device: str = "auto",
    pixel_size_um: Sizes | None = None,
    object_px: float | None = None,
    thresholds: float | Sequence[float] | None = None,
    augment: bool = False,
    scales: Sequence[float] = (1.0,),
    classify: str | Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Find the objects on a picture, as the window and the command line do.

    Parameters
    ----------
    picture : str, Path or ndarray
        A file, or (Y, X) or (Y, X, C) uint8, uint16 or float32; three channels of uint8 are red, green and blue.
    model : str or Path
        Name of a model, see `models`, or its folder.
    device : str
        ``"auto"`` takes a GPU where there is one; else ``"cpu"`` or ``"cuda"``.
    pixel_size_um : float or (float, float), optional
        Micrometres a pixel, or along y and x; it comes before what a file says. Where the model knows the size of what
        it looks for, the picture is scaled to it.
    object_px : float, optional
        Diameter of a typical object in pixels, where it was measured; sets the scale too.
    thresholds : float or sequence of float, optional
        See `Found`.
    augment : bool
        Whether turned and mirrored copies are looked at too: slower, a little better.
    scales : sequence of float
        Input sizes at which the picture is looked at; 1 is the model's own.
    classify : str or Path, optional
        A classifier that tells apart what the model found, such as ``"wbc-classifier"`` for white cells.
    on_progress : callable, optional
        Called with every `cellwright.jobs.Progress`; what it raises stops the work.

    Returns
    -------
    Found

    Raises
    ------
    SlideNotReadable
        If the file cannot be read, or nothing of it can be analysed.
    UnknownName, ModelNotUsable
        If there is no such model, or it is damaged.
    BadParameter
        If an argument makes no sense.

    Examples
    --------
    >>> import cellwright as cw
    >>> found = cw.analyze("smear.png", model="blood-cells-yolo")  # doctest: +SKIP
    >>> found.counts  # doctest: +SKIP
    {'WBC': 3, 'RBC': 214, 'PLT': 12}
    """
    from cellwright.imaging import SlideRef, array_ref

    size = _pixel_size(pixel_size_um)
    where: Path | SlideRef = array_ref(picture, pixel_size=size) if isinstance(picture, np.ndarray) else Path(picture)
    work = AnalyzePicture(
        where,
        model,
        device,
        size,
        object_px=object_px,
        augment=augment,
        scales=tuple(float(s) for s in scales),
        classify=classify,
    )
    return Found(run_inline(work, on_progress), thresholds)


def models() -> list[str]:
    """Return the names of the models that are there, shipped or taught."""
    from cellwright.zoo import list_models

    return sorted(listed.name for listed in list_models())


def model_card(model: str | Path) -> ModelCard:
    """Return what must be known to use, judge and cite a model; its weights are not read.

    Raises
    ------
    UnknownName, ModelNotUsable
        If there is no such model, or its card makes no sense.
    """
    from cellwright.zoo import find_model, load_card

    return load_card(find_model(model))


def open_picture(path: str | Path, series: int = 0) -> Slide:
    """Open a picture or slide of any size; only what `read` asks for is decoded.

    Parameters
    ----------
    path : str or Path
        The file.
    series : int
        Which picture of a file that holds several.

    Raises
    ------
    SlideNotReadable
        If it cannot be read.
    """
    from cellwright.imaging import open_slide

    return open_slide(Path(path), series)


def sample_picture(name: str = "smear") -> Path:
    """Return a drawn picture that comes with Cellwright, to try things on.

    Parameters
    ----------
    name : {"smear", "nuclei", "chest"}
        Which.

    Raises
    ------
    UnknownName
        If there is none of that name.
    """
    folder = bundled("resources", "samples")
    path = folder / f"{name}.png"
    if not path.is_file():
        raise unknown_name("sample", name, sorted(each.stem for each in folder.glob("*.png")))
    return path


def _pixel_size(said: Sizes | None) -> PixelSize | None:
    if said is None:
        return None
    y, x = (said, said) if isinstance(said, (int, float)) else said
    return PixelSize(float(y), float(x), PixelSizeSource.USER)


def _format(name: str) -> Format:
    try:
        return format_named(name)
    except UnknownName as error:
        raise BadParameter(str(error)) from None


def _frame(table: Table) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({column.name: column.values for column in table.columns})
    frame.attrs["units"] = {column.name: column.unit for column in table.columns if column.unit}
    return frame
