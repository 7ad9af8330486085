"""Cellpose 3 and 4: pictures come stretched between percentiles of the whole, so that it stretches nothing itself."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np


def opened(model: str, options: Any, um_per_px: Any) -> Any:  # noqa: ARG001 - each program takes the same words
    """Open a model by name or path."""
    said = version("cellpose")
    is_old = int(said.split(".")[0]) < 4
    net = import_module("cellpose.models").CellposeModel(gpu=bool(options.pop("gpu", False)), pretrained_model=model)

    def outline(picture: Any) -> Any:
        values = picture.astype(np.float32) / 255
        if is_old:
            masks = net.eval(values.mean(-1), channels=[0, 0], normalize=False, **options)[0]
        else:
            masks = net.eval(values, normalize=False, **options)[0]
        return np.asarray(masks).astype(np.int64)

    return outline, {"library": f"Cellpose {said}"}
