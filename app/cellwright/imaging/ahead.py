"""Reading ahead: regions are decoded on other threads while the caller works on the ones before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from numpy.typing import NDArray

from cellwright.core import Region, SlideNotReadable
from cellwright.imaging.slide import Slide


def read_ahead(
    slide: Slide, regions: Iterable[Region], *, threads: int = 2, ahead: int | None = None
) -> Iterator[tuple[Region, NDArray[Any] | SlideNotReadable]]:
    """Read regions in their order, some of them before they are asked for.

    Decoders let go of Python's lock, so that threads are enough. A region that cannot be decoded comes as its error,
    and the rest go on.

    Parameters
    ----------
    slide : Slide
        The picture; open until the last region was taken.
    regions : iterable of Region
        What is read.
    threads : int
        How many regions are decoded at once, at least 1.
    ahead : int or None
        How many regions are held at most beside the one handed out; two for each thread where it is not given.

    Yields
    ------
    region : Region
        As it was given.
    pixels : (Y, X, C) ndarray or SlideNotReadable
        What `Slide.read` returns or raises for it.
    """
    waiting: deque[tuple[Region, Future[NDArray[Any]]]] = deque()
    coming = iter(regions)
    limit = max(1, 2 * threads if ahead is None else ahead)
    with ThreadPoolExecutor(max(1, threads), thread_name_prefix="read-ahead") as pool:
        try:
            for region in islice(coming, limit):
                waiting.append((region, pool.submit(slide.read, region)))
            while waiting:
                region, future = waiting.popleft()
                try:
                    result: NDArray[Any] | SlideNotReadable = future.result()
                except SlideNotReadable as error:
                    result = error
                for further in islice(coming, 1):
                    waiting.append((further, pool.submit(slide.read, further)))
                yield region, result
        finally:
            for _, future in waiting:
                future.cancel()
