"""Models that are ready to answer, kept from one picture to the next: loading one takes longer than most pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.zoo import find_model, load_card

if TYPE_CHECKING:
    from cellwright.inference import Predictor

KEPT = 2
"""Models kept at a time: the one in use, and the one that it is compared with."""

_Key = tuple[Path, str, str]

_ready: OrderedDict[_Key, Predictor] = OrderedDict()
_turn = threading.Lock()


def ready_predictor(model: str | Path, device: str = "auto") -> Predictor:
    """Return a model ready to answer, loading it only if neither it nor its card are the ones kept.

    Parameters
    ----------
    model : str or Path
        Name of a model on the shelf, or its folder.
    device : str
        See `cellwright.inference.open_predictor`.

    Raises
    ------
    UnknownName, ModelNotUsable
        If there is no such model, or it is damaged.
    BadParameter
        If the device is unknown or not there.
    """
    from cellwright.inference import open_predictor

    folder = find_model(model).resolve()
    # The whole card is part of the key: a model that was trained further or calibrated anew is another one.
    key = (folder, load_card(folder).to_json(), device)
    with _turn:
        if key not in _ready:
            _ready[key] = open_predictor(folder, device)
            while len(_ready) > KEPT:
                _ready.popitem(last=False)[1].close()
        _ready.move_to_end(key)
        return _ready[key]


def release_predictors() -> None:
    """Let go of every model kept, and of the memory they hold."""
    with _turn:
        while _ready:
            _ready.popitem()[1].close()
