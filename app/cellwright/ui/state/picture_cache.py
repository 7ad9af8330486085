"""The pictures looked at last, kept in memory so that going back to one takes no time."""

from __future__ import annotations

from collections import OrderedDict

from cellwright.ui.state.loading import LoadedPicture

BYTES_KEPT = 1 << 30


class PictureCache:
    """Loaded pictures by key, the one used longest ago given up first.

    Parameters
    ----------
    most_bytes : int
        How much memory they may take together; the newest stays whatever it takes.
    """

    def __init__(self, most_bytes: int = BYTES_KEPT) -> None:
        self._most = most_bytes
        self._pictures: OrderedDict[int, LoadedPicture] = OrderedDict()

    def get(self, key: int) -> LoadedPicture | None:
        """Return a picture, which thereby becomes the newest."""
        if key in self._pictures:
            self._pictures.move_to_end(key)
        return self._pictures.get(key)

    def put(self, key: int, picture: LoadedPicture) -> None:
        """Keep a picture; what was kept under its key is given up, but not a file that the new one reads from."""
        old = self._pictures.pop(key, None)
        if old is not None and old.slide is not picture.slide:
            old.close()
        self._pictures[key] = picture
        while len(self._pictures) > 1 and sum(kept.nbytes for kept in self._pictures.values()) > self._most:
            _, old = self._pictures.popitem(last=False)
            old.close()

    def drop(self, key: int) -> None:
        """Give a picture up."""
        old = self._pictures.pop(key, None)
        if old is not None:
            old.close()

    def clear(self) -> None:
        """Give every picture up."""
        for key in list(self._pictures):
            self.drop(key)
