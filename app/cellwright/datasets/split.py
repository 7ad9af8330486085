"""Dividing a set so that what belongs together stays together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from cellwright.core import BadParameter
from cellwright.datasets.labelled import LabelledSet


def split_by_group(labelled: LabelledSet, fractions: Mapping[str, float], seed: int = 0) -> LabelledSet:
    """Return the set with new splits, every group of pictures whole on one side.

    Groups are shuffled, then the largest are placed first, each where the most pictures are still missing. So every
    split comes as near to its share as the groups allow, and the same seed gives the same splits whatever the order of
    the pictures.

    Parameters
    ----------
    labelled : LabelledSet
        What to divide; its splits are replaced.
    fractions : mapping of str to float
        Share of the pictures of each split, such as ``{"train": 0.8, "val": 0.2}``; each above 0, together 1.
    seed : int
        Of the shuffling.

    Raises
    ------
    BadParameter
        If the shares are not above 0 and together 1, or there are fewer groups than splits.
    """
    if not fractions or min(fractions.values()) <= 0 or abs(sum(fractions.values()) - 1) > 1e-6:
        raise BadParameter(f"Shares {dict(fractions)} must each be above 0 and together 1, as in 0.8 and 0.2.")
    sizes: dict[str, int] = {}
    for picture in labelled:
        sizes[picture.group] = sizes.get(picture.group, 0) + 1
    if len(sizes) < len(fractions):
        raise BadParameter(f"{len(sizes)} groups cannot fill {len(fractions)} splits; label more, or ask for fewer.")
    split_of = _place(sizes, {name: share * len(labelled) for name, share in fractions.items()}, seed)
    pictures = tuple(dataclasses.replace(p, split=split_of[p.group]) for p in labelled)
    return LabelledSet(pictures, labelled.classes, labelled.root)


def _place(sizes: Mapping[str, int], wanted: Mapping[str, float], seed: int) -> dict[str, str]:
    """Return the split of each group."""
    names = sorted(sizes)
    order = np.random.default_rng(seed).permutation(len(names))
    shuffled = sorted((names[i] for i in order), key=lambda name: -sizes[name])  # stable: the shuffle decides ties
    missing = dict(wanted)
    empty = set(wanted)
    split_of: dict[str, str] = {}
    for left, group in zip(range(len(shuffled), 0, -1), shuffled, strict=True):
        # The last groups go to splits that have none yet, so that a small share is not rounded away.
        open_splits = empty if left <= len(empty) else set(wanted)
        chosen = max(sorted(open_splits), key=lambda name: missing[name])
        split_of[group] = chosen
        missing[chosen] -= sizes[group]
        empty.discard(chosen)
    return split_of
