"""`Syllabus`: corrected pictures, again and again, and beside them some of what the model was first taught with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Syllabus(list[Any]):
    """Pictures of a lesson and pictures to replay (Robins 1995: rehearsal keeps a network from forgetting).

    Parameters
    ----------
    taught : iterable
        Of the lesson; each occurs in every epoch equally often.
    replayed : iterable
        Of the model's original data; every epoch draws others of them.
    length : int
        Samples of an epoch, at least as many as there are taught pictures.
    share : float
        Share of an epoch's samples that is replayed, where there is anything to replay.
    """

    def __init__(
        self, taught: Iterable[Any], replayed: Iterable[Any] = (), length: int = 0, share: float = 0.5
    ) -> None:
        super().__init__(taught)
        self.taught = len(self)
        self.extend(replayed)
        self.length = max(length, self.taught)
        self.share = share if len(self) > self.taught else 0.0

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return which pictures an epoch shows, in order; the same for the same seed and epoch."""
        rng = np.random.default_rng((seed, epoch))
        replayed = round(self.length * self.share)
        rounds = -(-(self.length - replayed) // self.taught)
        taught = np.concatenate([rng.permutation(self.taught) for _ in range(rounds)])[: self.length - replayed]
        others = np.arange(self.taught, len(self))
        drawn = rng.choice(others, replayed, replace=replayed > len(others)) if replayed else others[:0]
        return rng.permutation(np.concatenate([taught, drawn]))


class Balanced(list[Any]):
    """Pictures of which those of rare classes are shown oftener than others.

    Parameters
    ----------
    pictures : iterable
        As many are shown in an epoch.
    kinds : sequence of int
        The class of each; every class is shown equally often, so that none is learned to be unlikely.
    """

    def __init__(self, pictures: Iterable[Any], kinds: Sequence[int]) -> None:
        super().__init__(pictures)
        of_kind = np.bincount(np.asarray(kinds, np.int64))[np.asarray(kinds, np.int64)]
        self.chances = (1 / of_kind) / (1 / of_kind).sum()

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return which pictures an epoch shows, in order; the same for the same seed and epoch."""
        drawn: NDArray[np.int64] = np.random.default_rng((seed, epoch)).choice(len(self), len(self), p=self.chances)
        return drawn


def epoch_order(pictures: Sequence[Any], seed: int, epoch: int) -> NDArray[np.int64]:
    """Return which pictures an epoch shows, in order: each once, or as a syllabus says."""
    if isinstance(pictures, Syllabus | Balanced):
        return pictures.order(seed, epoch)
    return np.random.default_rng((seed, epoch)).permutation(len(pictures))
