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
    sizes = _check(labelled, fractions)
    split_of = _place(sizes, {name: share * len(labelled) for name, share in fractions.items()}, seed)
    pictures = tuple(dataclasses.replace(p, split=split_of[p.group]) for p in labelled)
    return LabelledSet(pictures, labelled.classes, labelled.root)


def _check(labelled: LabelledSet, fractions: Mapping[str, float]) -> dict[str, int]:
    """Return the pictures of each group, or raise."""
    if not fractions or min(fractions.values()) <= 0 or abs(sum(fractions.values()) - 1) > 1e-6:
        raise BadParameter(f"Shares {dict(fractions)} must each be above 0 and together 1, as in 0.8 and 0.2.")
    sizes: dict[str, int] = {}
    for picture in labelled:
        sizes[picture.group] = sizes.get(picture.group, 0) + 1
    if len(sizes) < len(fractions):
        raise BadParameter(f"{len(sizes)} groups cannot fill {len(fractions)} splits; label more, or ask for fewer.")
    return sizes


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


def rebalance_by_group(labelled: LabelledSet, fractions: Mapping[str, float], seed: int = 0) -> LabelledSet:
    """Return the set with its splits brought near other shares by moving as little as possible, groups whole.

    A group with pictures on several sides is first brought together where most of it lies. Then the groups of the
    fullest split move, one at a time, to the emptiest, as long as that brings the shares nearer to what was asked for.

    Parameters
    ----------
    labelled, fractions, seed
        As in `split_by_group`; pictures of other splits, and of none, are placed as if they were new.

    Raises
    ------
    BadParameter
        As in `split_by_group`.
    """
    _check(labelled, fractions)
    members: dict[str, list[str]] = {}
    for picture in labelled:
        members.setdefault(picture.group, []).append(picture.split)
    names = sorted(members)
    order = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    split_of = {group: _home(members[group], fractions) for group in order}
    missing = {name: share * len(labelled) for name, share in fractions.items()}
    for group, split in split_of.items():
        if split:
            missing[split] -= len(members[group])
    for group in sorted((g for g in order if not split_of[g]), key=lambda g: -len(members[g])):
        split_of[group] = max(sorted(missing), key=lambda name: missing[name])
        missing[split_of[group]] -= len(members[group])
    _level(split_of, {group: len(members[group]) for group in order}, missing)
    pictures = tuple(dataclasses.replace(p, split=split_of[p.group]) for p in labelled)
    return LabelledSet(pictures, labelled.classes, labelled.root)


def _home(splits: list[str], fractions: Mapping[str, float]) -> str:
    """Return where most of a group lies, empty where none of it lies on a side that is wanted."""
    known = [split for split in splits if split in fractions]
    return max(sorted(set(known)), key=known.count) if known else ""


def _level(split_of: dict[str, str], sizes: Mapping[str, int], missing: dict[str, float]) -> None:
    """Move groups from the fullest split to the emptiest while that helps."""
    while True:
        # Rounded, so that what is left of sums of shares does not decide.
        near = {name: round(count, 6) for name, count in sorted(missing.items())}
        full, empty = min(near, key=lambda name: near[name]), max(near, key=lambda name: near[name])
        gain = near[empty] - near[full]
        # A group of size s brings the two nearer by moving if s is less than how far they are apart.
        fitting = [g for g, split in split_of.items() if split == full and sizes[g] < gain]
        if not fitting:
            return
        chosen = min(fitting, key=lambda g: abs(gain / 2 - sizes[g]))
        split_of[chosen] = empty
        missing[full] += sizes[chosen]
        missing[empty] -= sizes[chosen]
