"""`SlideRun`: a model counts a slide of any size into a project, tile by tile, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import Coverage, Regions
from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.inference import DetectOptions, ModelSource, TileRunner
    from cellwright.workflows.analysis import PictureInfo
    from cellwright.zoo import ModelCard


@dataclass(frozen=True, slots=True, eq=False)
class SlideSummary:
    """What a run brought.

    Parameters
    ----------
    run_id : int
        Its number in the project; `Project.coverage` and the objects belong to it.
    picture : PictureInfo
        Which picture.
    card : ModelCard
        Which model.
    counts : dict of str to int
        Objects at or above the card's thresholds whose centre lies in the regions, by class, as the run found them.
    objects : int
        All objects down to the floor.
    coverage : Coverage
        What became of every tile.
    device, engine : str
        What it ran on.
    seconds : float
        This time, from the first look at the picture.
    tiles_now : int
        Tiles analysed this time; the others were there from before.
    was_resumed : bool
        Whether an earlier run was gone on with.
    notes : tuple of str
        What a person should know beside the numbers.
    """

    run_id: int
    picture: PictureInfo
    card: ModelCard
    counts: dict[str, int]
    objects: int
    coverage: Coverage
    device: str
    engine: str
    seconds: float
    tiles_now: int
    was_resumed: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlideRun:
    """Count a picture of a project; an `Operation` whose result is a `SlideSummary`.

    Objects are written into the project as tiles finish, together with the account of every tile, so that a run that
    is killed at any moment goes on from its last tile when it is started again with the same parameters, and gives the
    same objects. Undoing takes the whole run back as one step. Closing the generator stops within one batch of tiles.

    Every `Progress` of a tile carries in ``partial`` the `Objects` that became final and in ``touched`` the tile's own
    part; ``done`` and ``total`` count tiles that are to be analysed.

    Parameters
    ----------
    project_folder : Path
        The project; opened by the run itself, on the thread that runs it.
    picture_id : int
        Which of its pictures.
    model : str, Path or ModelSource
        Name of a model on the shelf, its folder, or what opens one.
    options : DetectOptions or None
        What to ask differently than the card says; its `picture_id` is filled in.
    regions : Regions or None
        What to count; None takes the regions of interest of the project, without glass.
    runner : TileRunner or None
        Who runs the tiles; None this process, reading ahead on threads.
    device : str
        See `cellwright.inference.open_predictor`.
    author : str
        Who, for the journal.
    retry_failed : bool
        Whether tiles that failed in the last run with the same parameters are tried again, and nothing else.
    series : int
        Which picture of a file that holds several.
    """

    project_folder: Path
    picture_id: int
    model: str | Path | ModelSource
    options: DetectOptions | None = None
    regions: Regions | None = None
    runner: TileRunner | None = field(default=None, compare=False)
    device: str = "auto"
    author: str = "cellwright"
    retry_failed: bool = False
    series: int = 0

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Count picture {self.picture_id}"

    def run(self) -> Generator[Progress, None, SlideSummary]:
        """Plan the tiles, run those that are left, and write what they hold as they finish.

        Raises
        ------
        SlideNotReadable
            If the picture is not where the project says, cannot be opened, or no part of it can be analysed.
        ProjectNotReadable, ProjectNotWritable
            If the project cannot be used.
        UnknownName, ModelNotUsable
            If there is no such picture or model, or it is damaged.
        """
        raise NotImplementedError
        yield Progress(0, 0, "")
