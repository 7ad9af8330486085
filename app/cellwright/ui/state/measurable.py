"""What could be measured on a picture, whether it was or not. Knows no Qt."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.measure import Column, Offer


def offer_of(picture: Picture) -> Offer | None:
    """Return what can be measured on a picture, set by set; None until it has been opened."""
    facts = picture.facts
    return None if facts is None else _offer(facts.names, facts.is_rgb)


def measurable(picture: Picture) -> dict[str, tuple[str, Column]]:
    """Return every column that can be measured with the name of its set, by the name that it would have."""
    offer, in_um = offer_of(picture), picture.pixel_size is not None
    if offer is None:
        return {}
    return {
        column.header(in_um=in_um): (name, column)
        for name, column in offer.by_key().values()
        if _has_outlines(picture) or _needs_no_outlines(offer, name)
    }


def out_of_reach(picture: Picture) -> frozenset[str]:
    """Return the columns, by their names in small letters, that cannot be measured because only boxes are known."""
    offer = offer_of(picture)
    if offer is None or _has_outlines(picture):
        return frozenset()
    beyond = [column for name, column in offer.by_key().values() if not _needs_no_outlines(offer, name)]
    return frozenset(column.header(in_um=in_um).lower() for column in beyond for in_um in (False, True))


def _has_outlines(picture: Picture) -> bool:
    return picture.objects is not None and picture.objects.masks is not None


def _needs_no_outlines(offer: Offer, name: str) -> bool:
    """Return whether a set of measurements says something of cells of which only boxes are known."""
    from cellwright.measure import Needs

    return offer.sets[name].needs is Needs.OTHERS


@lru_cache(maxsize=16)
def _offer(channels: tuple[str, ...], is_rgb: bool) -> Offer:
    from cellwright.measure import offered
    from cellwright.workflows.measuring import unique_names

    return offered(unique_names(channels), is_rgb=is_rgb)
