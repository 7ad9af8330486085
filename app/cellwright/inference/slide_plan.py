"""The plan of counting a slide: which tiles are looked at, which hold nothing, and which nobody asked for."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cellwright.core import BadParameter, Coverage, Masks, Regions, TileRecord, TileState
from cellwright.imaging import Limits, Slide, Tissue, contrast_limits
from cellwright.inference.candidates import Boxes
from cellwright.inference.detection import DetectOptions
from cellwright.inference.looking import Looking
from cellwright.inference.seams import guest_margin
from cellwright.inference.step import ModelSource, TileStep
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View
from cellwright.zoo import ModelCard

SLIDE_TILE_PX = 3072
"""Largest side of a slide's tiles where networks answer with boxes: the larger, the less is looked at twice."""


@dataclass(frozen=True, slots=True, eq=False)
class SlidePlan:
    """What is to be done with every tile of a slide.

    Parameters
    ----------
    view : View
        How the slide is shown to the network, with all its tiles.
    records : tuple of TileRecord
        One a tile: pending, skipped or excluded.
    whole : str
        See `Coverage.whole`.
    """

    view: View
    records: tuple[TileRecord, ...]
    whole: str

    @property
    def asked(self) -> tuple[Tile, ...]:
        """The tiles that are to be looked at, now or before."""
        left_out = (TileState.SKIPPED, TileState.EXCLUDED)
        return tuple(
            tile for tile, record in zip(self.view.tiles, self.records, strict=True) if record.state not in left_out
        )

    @property
    def pending(self) -> tuple[Tile, ...]:
        """The tiles that are to be looked at now."""
        pairs = zip(self.view.tiles, self.records, strict=True)
        return tuple(tile for tile, record in pairs if record.state is TileState.PENDING)

    def coverage(self) -> Coverage:
        """Return it as an account in which nothing is done."""
        return Coverage(self.records, self.whole)

    def with_records(self, coverage: Coverage) -> SlidePlan:
        """Return the plan as far as it was carried out before.

        Raises
        ------
        BadParameter
            If that was the account of another plan.
        """
        boxes = [record.box for record in coverage.records]
        if boxes != [tile.owner for tile in self.view.tiles]:
            raise BadParameter("The tiles that were planned then are others than today's; begin a new run.")
        return SlidePlan(self.view, coverage.records, coverage.whole)

    def steps(
        self,
        slide: Slide,
        model: Path | ModelSource,
        card: ModelCard,
        device: str,
        options: DetectOptions,
        limits: Limits | None = None,
    ) -> Iterator[TileStep]:
        """Yield the steps of the tiles that are to be looked at now; each is small enough to be sent anywhere."""
        shown = contrast_limits(slide, card.input.contrast_percentiles) if limits is None else limits
        # A step needs of the other tiles no more than their shapes.
        shapes = {(tile.read.height, tile.read.width): tile for tile in self.view.tiles}
        view = replace(self.view, tiles=tuple(shapes.values()))
        for tile in self.pending:
            yield TileStep(slide.ref, model, device, tile, view, shown, options, card.model_hash)

    def looking(self, slide: Slide, card: ModelCard, options: DetectOptions) -> Looking:
        """Return how tiles are looked at, with the decoder that joins them."""
        return options.looking(slide, card, self.view)


def slide_options(options: DetectOptions, card: ModelCard, slide: Slide) -> DetectOptions:
    """Choose the tiles' side for a slide where nobody did.

    Networks that answer with boxes look at larger tiles than their card asks for: just so large that tiles of at most
    `SLIDE_TILE_PX`, with their halos, make up the slide's longer side without a rest.
    """
    asked = card.input
    if options.tile_px is not None or asked.halo_px == 0 or card.decoding.kind != "boxes":
        return options
    largest = max(asked.tile_px, SLIDE_TILE_PX)
    length = max(slide.shape) / replace(options, tile_px=largest).view(slide, card).downsample
    seams = 2 * asked.halo_px
    count = max(1, math.ceil((length - seams) / (largest - seams)))
    return replace(options, tile_px=max(asked.tile_px, math.ceil(length / count + seams * (count - 1) / count)))


def plan_slide(
    slide: Slide, card: ModelCard, options: DetectOptions, regions: Regions, tissue: Tissue | None = None
) -> SlidePlan:
    """Decide about every tile of a slide.

    The grid of tiles follows from the slide alone, so that regions may change and tiles stay. A tile is excluded where
    no object of the regions can belong to it; so near a region that its views take part in the merge of the region's
    objects, it is looked at, and none of its own pixels count. A tile without tissue is skipped.

    Parameters
    ----------
    slide : Slide
        An open slide.
    card : ModelCard
        The model's.
    options : DetectOptions
        How it is looked at.
    regions : Regions
        Where objects count.
    tissue : Tissue, optional
        Where there is something to see; an empty one, like none, leaves everything to be looked at.
    """
    view = options.view(slide, card)
    is_used = regions.tissue_only and tissue is not None and not tissue.is_empty
    records = tuple(_record(tile, regions, tissue if is_used else None) for tile in view.tiles)
    whole = "tissue" if any(record.state is TileState.SKIPPED for record in records) else "area"
    return SlidePlan(view, records, whole if regions.is_everything else "region")


def _record(tile: Tile, regions: Regions, tissue: Tissue | None) -> TileRecord:
    if not regions.touches(tile.owner.grow(guest_margin(tile))):
        return TileRecord(tile.owner, TileState.EXCLUDED)
    area = None if regions.is_everything else regions.area_in(tile.owner)
    asked = None if area == tile.owner.area else area
    if tissue is not None and not tissue.touches(tile.owner):
        return TileRecord(tile.owner, TileState.SKIPPED, "", asked)
    return TileRecord(tile.owner, TileState.PENDING, "", asked)


def as_bytes(found: Boxes) -> bytes:
    """Return found objects as bytes that `from_bytes` reads: numpy's own format."""
    file, boxes, kinds, scores = io.BytesIO(), found.boxes, found.class_index, found.scores
    if found.masks is None:
        np.savez(file, boxes=boxes, class_index=kinds, scores=scores)
    else:
        starts, spans = found.masks.starts, found.masks.spans
        np.savez(file, boxes=boxes, class_index=kinds, scores=scores, starts=starts, spans=spans)
    return file.getvalue()


def from_bytes(data: bytes) -> Boxes:
    """Read what `as_bytes` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as columns:
        masks = Masks(columns["starts"], columns["spans"]) if "starts" in columns else None
        return Boxes(columns["boxes"], columns["class_index"], columns["scores"], masks)


def states_of(coverage: Coverage, states: Iterable[TileState]) -> list[int]:
    """Return the numbers of the tiles in some states."""
    wanted = set(states)
    return [index for index, record in enumerate(coverage.records) if record.state in wanted]
