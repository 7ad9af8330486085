"""StarDist: pictures come stretched between percentiles of the whole, so that it stretches nothing itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def opened(model: str, options: Any, um_per_px: Any) -> Any:  # noqa: ARG001 - each program takes the same words
    """Open a pretrained model by name, or the folder of one's own."""
    version = import_module("stardist").__version__
    kind = import_module("stardist.models").StarDist2D
    if Path(model).is_dir():
        own = Path(model).resolve()
        net = kind(None, name=own.name, basedir=str(own.parent))
    else:
        net = kind.from_pretrained(model)
    if net is None:
        raise ValueError(f"StarDist has no model called {model!r}, and there is no such folder")
    is_grey = net.config.n_channel_in == 1

    def outline(picture: Any) -> Any:
        values = picture.astype(np.float32) / 255
        labels, _ = net.predict_instances(values.mean(-1) if is_grey else values, show_tile_progress=False, **options)
        return labels

    return outline, {"library": f"StarDist {version}"}
