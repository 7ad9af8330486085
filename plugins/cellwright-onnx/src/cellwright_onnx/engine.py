"""`RecordedEngine`: a recorded network behind the same face as Cellwright's own engines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.inference.engine import BOXED
from cellwright.inference.parts import run_in_parts
from cellwright.inference.view import FILL
from cellwright.zoo import SPREAD, ModelCard, StarDecoding
from cellwright.zoo.recorded import OutputTensor, RecordedNetwork
from cellwright.zoo.steps import apply_steps
from cellwright_onnx.conventions import Array, Asked, as_answer
from cellwright_onnx.session import Session


class RecordedEngine:
    """An `Engine` of a recorded network; see `cellwright.inference.engine.Engine`.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    recorded : RecordedNetwork
        How its numbers go in and come out.
    session : Session
        What computes.

    Raises
    ------
    ModelNotUsable
        If what the network takes does not fit the card.
    """

    batch = 1
    """One tile at a time: a recorded network often knows no other number."""

    def __init__(self, card: ModelCard, recorded: RecordedNetwork, session: Session) -> None:
        self._card, self._recorded, self._session = card, recorded, session
        self._outputs = _chosen(card, recorded, session)
        self._fixed = self._fixed_px()
        self.name, self.device = session.name, session.device

    @property
    def notes(self) -> tuple[str, ...]:
        """What went differently than planned: nothing ever."""
        return ()

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 → (N, …) float32; see `Engine`.

        Raises
        ------
        ModelNotUsable
            If the network fails, or answers otherwise than its card says.
        MemoryError
            If memory runs short.
        """
        if self._fixed and max(images.shape[1:3]) > self._fixed:
            return self._in_parts(images, self._fixed)
        return self._answers(images)

    def close(self) -> None:
        """Give back what the session holds."""
        self._session.close()

    def _in_parts(self, images: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
        asked, decoding = self._card.input, self._card.decoding
        if decoding.kind == "labels":
            raise ModelNotUsable(
                f"{self._card.name} takes {side}×{side} pixels alone and numbers its objects, which parts would split; "
                f"its card must ask for such tiles: input.tile_px and input.stride {side}."
            )
        return run_in_parts(self._answers, images, side, asked.halo_px, 1, decoding)

    def _answers(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        rows = [self._answer(image) for image in images]
        longest = max((len(row) for row in rows), default=0)
        if self._card.decoding.kind in BOXED:
            rows = [np.pad(row, ((0, longest - len(row)), (0, 0))) for row in rows]
        return np.ascontiguousarray(np.stack(rows), np.float32)

    def _answer(self, image: NDArray[np.uint8]) -> Array:
        """Answer to one (H, W, 3) picture, padded to a size that the network takes and cut back."""
        height, width = image.shape[:2]
        rows, columns = self._taken_px(height), self._taken_px(width)
        padded = self._padded(image, rows - height, columns - width)
        answers = self._session.run(self._tensor(padded))
        read = [self._read(output, answers[place]) for place, output in self._outputs]
        answer = as_answer(self._recorded.convention, read, Asked(self._card, (rows, columns)))
        if answer.ndim != 3:
            return self._within(answer, height, width)
        decoding = self._card.decoding
        grid = decoding.grid if isinstance(decoding, StarDecoding) else 1
        return answer[:, : -(-height // grid), : -(-width // grid)]

    def _padded(self, image: NDArray[np.uint8], below: int, right: int) -> NDArray[np.uint8]:
        """Return a picture with more rows and columns: grey for boxes, as detectors are taught, else mirrored."""
        amount = ((0, below), (0, right), (0, 0))
        if self._card.decoding.kind in BOXED:
            return np.pad(image, amount, constant_values=FILL)
        return np.pad(image, amount, mode="reflect")

    def _within(self, answer: Array, height: int, width: int) -> Array:
        """Leave out rows of objects whose middle lies in what was added."""
        if self._card.decoding.kind not in BOXED:
            return answer
        middle = answer[:, :2] + answer[:, 2:4]
        return answer[(middle < 2 * np.array([height, width], np.float32)).all(1)]

    def _tensor(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 → what the network takes, its axes in its order."""
        taken = self._recorded.input
        values = image.astype(np.float32)
        if taken.channels == "grey":
            values = values.mean(2, keepdims=True, dtype=np.float32)
        elif taken.channels == "bgr":
            values = values[..., ::-1]
        if taken.values == "unit":
            values = values / np.float32(255)
        elif taken.values == "spread":
            values = values * np.float32(2 * SPREAD / 255) - np.float32(SPREAD)
        tensor = apply_steps(taken.steps, _laid(values, "yxc", taken.axes), taken.axes)
        wanted = self._session.input_type
        if wanted.kind == "u":
            tensor = np.rint(np.clip(tensor, 0, 255))
        return np.ascontiguousarray(tensor.astype(wanted))

    def _read(self, output: OutputTensor, answer: NDArray[np.generic]) -> Array:
        """Return one answer in float32 after its steps, as (C, Y, X), (I, C) or (I,)."""
        axes = output.axes
        if answer.ndim != len(axes):
            raise ModelNotUsable(
                f"{self._card.name} answers with an array of {answer.ndim} axes {answer.shape}, its card says "
                f"{len(axes)} ({axes}); correct the card."
            )
        values = apply_steps(output.steps, answer.astype(np.float32), axes)
        if "b" in axes:
            values, axes = np.take(values, 0, axis=axes.index("b")), axes.replace("b", "")
        if "y" in axes:
            return _laid(values, axes, "cyx")
        if self._recorded.convention == "yolo-v8":
            return _laid(values, axes, "ci") if set(axes) == {"c", "i"} else values
        return _laid(values, axes, "ic") if set(axes) == {"c", "i"} else values

    def _taken_px(self, side: int) -> int:
        """Return the shortest side that the network takes and that holds so many pixels."""
        if self._fixed:
            return self._fixed
        least, step = self._recorded.input.least_px, self._card.input.stride
        return least + max(0, -(-(side - least) // step)) * step

    def _fixed_px(self) -> int | None:
        """Return the one side of a square that the network takes; None where it takes many."""
        shape, axes = self._session.input_shape, self._recorded.input.axes
        said = self._recorded.input.fixed_px
        if shape is None:
            return said
        if len(shape) != len(axes):
            raise ModelNotUsable(
                f"{self._card.name} takes an array of {len(shape)} axes, its card says {len(axes)} ({axes}); correct "
                "architecture.input.axes."
            )
        sizes = dict(zip(axes, shape, strict=True))
        channels = 1 if self._recorded.input.channels == "grey" else 3
        if sizes.get("c") not in (None, channels):
            raise ModelNotUsable(
                f"{self._card.name} takes {sizes['c']} channels, its card gives {channels} "
                f"({self._recorded.input.channels}); correct architecture.input."
            )
        height, width = sizes["y"], sizes["x"]
        if height is None and width is None:
            return said
        if height is None or height != width:
            raise ModelNotUsable(
                f"{self._card.name} takes pictures of {height}×{width} pixels alone, and tiles are square; export it "
                "again for square pictures, or for any size."
            )
        if said not in (None, height):
            raise ModelNotUsable(f"{self._card.name} takes {height}×{height} pixels, its card says {said}; correct it.")
        if 2 * self._card.input.halo_px >= height:
            raise ModelNotUsable(
                f"{self._card.name} takes {height}×{height} pixels alone, of which a rim of {self._card.input.halo_px} "
                "leaves nothing; make input.halo_px smaller."
            )
        return height


def _chosen(card: ModelCard, recorded: RecordedNetwork, session: Session) -> list[tuple[int, OutputTensor]]:
    """Return which of a network's answers are read, by name where the card names them."""
    there = session.output_names
    chosen = []
    for place, output in enumerate(recorded.tensors):
        if output.name and output.name not in there:
            raise ModelNotUsable(f"{card.name} has no output {output.name!r}; it has {', '.join(there) or 'no names'}.")
        at = there.index(output.name) if output.name else place
        if there and at >= len(there):
            raise ModelNotUsable(
                f"{card.name} has {len(there)} outputs, and the convention {recorded.convention!r} reads "
                f"{len(recorded.tensors)}; name them in architecture.outputs."
            )
        chosen.append((at, output))
    return chosen


def _laid(values: Array, axes: str, wanted: str) -> Array:
    """Return an array with its axes in another order; missing ones of length 1 are put in, or taken out."""
    for letter in [letter for letter in axes if letter not in wanted]:
        values, axes = np.take(values, 0, axis=axes.index(letter)), axes.replace(letter, "")
    for letter in [letter for letter in wanted if letter not in axes]:
        values, axes = values[None], letter + axes
    return values.transpose([axes.index(letter) for letter in wanted])
