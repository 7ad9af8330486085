"""Our own division of a set that names none: the same pictures held out on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

HELD_OUT_SHARE = 0.2
LEAK_SPLIT = "leak"
"""Split of pictures whose field a test picture of the set's makers shows too; nobody trains or scores on them."""


@dataclass(frozen=True, slots=True)
class HashedPicture:
    """What decides on which side a picture falls.

    Parameters
    ----------
    name : str
        What is hashed: an id that never changes, else the path in the set.
    group : str
        What stays together.
    stratum : tuple
        What is held out in equal shares: kind and size of the picture.
    """

    name: str
    group: str
    stratum: tuple[object, ...]


def split_of(pictures: Sequence[HashedPicture]) -> list[str]:
    """Return the split of each picture, ``"train"`` or ``"val"``.

    Of the pictures of each stratum (one kind and size, hence mostly one microscope and experiment), the groups with the
    smallest SHA-256 of their first name are held out until `HELD_OUT_SHARE` is reached, to the nearest picture. So the
    kinds are balanced, the order of the pictures makes no difference, and no seed has to be kept.

    Parameters
    ----------
    pictures : sequence of HashedPicture
        All pictures that may be trained or scored on. A group belongs to the stratum of its first name.

    Returns
    -------
    list of str
        One a picture, in their order.
    """
    groups: dict[str, list[HashedPicture]] = {}
    for picture in sorted(pictures, key=lambda p: p.name):
        groups.setdefault(picture.group, []).append(picture)
    strata: dict[tuple[object, ...], list[str]] = {}
    for group, members in groups.items():
        strata.setdefault(members[0].stratum, []).append(group)
    held_out: set[str] = set()
    for together in strata.values():
        wanted = HELD_OUT_SHARE * sum(len(groups[group]) for group in together)
        taken = 0
        for group in sorted(together, key=lambda g: _hash(groups[g][0].name)):
            # To the nearest picture: a group comes in while at least half of it is still wanted.
            if wanted - taken >= len(groups[group]) / 2:
                held_out.add(group)
                taken += len(groups[group])
    return ["val" if picture.group in held_out else "train" for picture in pictures]


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
