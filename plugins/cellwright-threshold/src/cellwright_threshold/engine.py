"""`ThresholdEngine`: answers a batch of pictures with numbered objects, as Cellwright asks engines to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference import FILL
from cellwright.zoo import ModelCard
from cellwright_threshold.rules import Rules, read_rules
from cellwright_threshold.shades import shade_of
from cellwright_threshold.splitting import label_objects, threshold_of


class ThresholdEngine:
    """A threshold model ready to answer; see `cellwright.inference.StudyingEngine`.

    Parameters
    ----------
    rules : Rules
        What it does.
    """

    name = "threshold and watershed"
    device = "cpu"
    batch = 1
    notes: tuple[str, ...] = ()

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def study(self, overview: NDArray[np.uint8]) -> tuple[float, ...]:
        """Choose the threshold from all of a picture: parts of it would each choose another."""
        return (threshold_of(shade_of(overview, self._rules.shade), self._rules),)

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8, each a whole picture → (N, 1, H, W) float32, its objects numbered."""
        return np.concatenate([self.run_studied(image[None], self.study(_content(image))) for image in images])

    def run_studied(self, images: NDArray[np.uint8], studied: tuple[float, ...]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8, parts of a picture with this threshold → (N, 1, H, W) float32."""
        answer = np.zeros((len(images), 1, *images.shape[1:3]), np.float32)
        for image, labels in zip(images, answer, strict=True):
            shown = _content(image)
            if not shown.size:
                continue
            values = shade_of(shown, self._rules.shade)
            labels[0, : shown.shape[0], : shown.shape[1]] = label_objects(values, studied[0], self._rules)
        return answer

    def close(self) -> None:
        """Give back nothing: it holds nothing."""


class ThresholdArchitecture:
    """What the cards of the kind ``"threshold"`` mean; see `cellwright.inference.OpensEngine`."""

    def open_engine(self, folder: Path, card: ModelCard, device: str) -> ThresholdEngine:
        """Read the rules of a model folder.

        Raises
        ------
        ModelNotUsable
            If a rule is wrong.
        BadParameter
            If a graphics card is asked for.
        """
        if device.partition(":")[0] not in ("auto", "cpu"):
            raise BadParameter(f"{card.name} computes on the processor alone, not on {device}; use auto or cpu.")
        return ThresholdEngine(read_rules(folder / card.weights.file))


THRESHOLD = ThresholdArchitecture()


def _content(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture without the even grey that was added at its right and lower edge to bring it into shape."""
    seen = (image != FILL).any(axis=2)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    height, width = (int(found[-1]) + 1 if len(found) else 0 for found in (rows, columns))
    return image[:height, :width]
