"""InstanSeg: pictures come stretched between percentiles of the whole, so that it stretches nothing itself."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def opened(model: str, options: Any, um_per_px: Any) -> Any:
    """Open a model by name, or a TorchScript file of one's own."""
    kind = import_module("instanseg").InstanSeg
    torch = import_module("torch")
    own = torch.jit.load(model, map_location="cpu") if Path(model).is_file() else model
    net = kind(own, verbosity=0)
    target = options.pop("target", "nuclei")

    def outline(picture: Any) -> Any:
        values = torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, 0))).float() / 255
        with torch.no_grad():
            labels = net.eval_small_image(
                values, um_per_px, normalise=False, return_image_tensor=False, target=target, **options
            )
        return labels.cpu().numpy().reshape(-1, *picture.shape[:2])[0].round().astype(np.int64)

    return outline, {"library": f"InstanSeg {version('instanseg-torch')}"}
