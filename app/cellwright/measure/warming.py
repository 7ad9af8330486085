"""Loading what measuring is compiled to before a person waits for it."""

from __future__ import annotations

import numpy as np

from cellwright.measure.in_parts import measure_labels
from cellwright.measure.subject import Picture


def warm() -> None:
    """Load the compiled loops, or compile them: seconds the first time, so call it off the window's thread."""
    labels = np.zeros((9, 9), np.int32)
    labels[2:7, 2:7] = 1
    labels[4, 4] = 0  # a hole, so that nothing is passed by
    picture = Picture(np.arange(243).reshape(9, 9, 3).astype(np.uint8), ("red", "green", "blue"), is_rgb=True)
    measure_labels(
        labels, ["geometry", "moments", "intensity", "stain", "ring", "texture", "neighbours"], pixels=picture
    )
