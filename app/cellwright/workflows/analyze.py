"""`AnalyzePicture`: a model looks at a picture tile by tile; window and command line run this same operation."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import PixelSize
from cellwright.jobs import Progress
from cellwright.workflows.analysis import Analysis

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef

DEFAULT_MODEL = "blood-cells-yolo"


@dataclass(frozen=True, slots=True)
class AnalyzePicture:
    """Find the objects on one picture; an `Operation` whose result is an `Analysis`.

    Every `Progress` of a tile carries in ``partial`` the `Objects` that this tile settled and in ``touched`` where it
    lies. Closing the generator stops between two tiles.

    Parameters
    ----------
    picture : Path or SlideRef
        The file, or one picture of a file that holds several.
    model : str or Path
        Name of a model on the shelf, or its folder.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` and so on; see `cellwright.inference.open_predictor`.
    pixel_size : PixelSize or None
        What a person says about the picture; it comes before what the file says.
    """

    picture: Path | SlideRef
    model: str | Path = DEFAULT_MODEL
    device: str = "auto"
    pixel_size: PixelSize | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Analyze {self.path.name}"

    @property
    def path(self) -> Path:
        """The file."""
        return self.picture if isinstance(self.picture, Path) else self.picture.path

    def run(self) -> Generator[Progress, None, Analysis]:
        """Open the picture and the model, then settle tile after tile.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be opened. A part of it that cannot be read is a failed tile in the coverage instead.
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        """
        raise NotImplementedError
        yield  # pragma: no cover
