"""`PeerEngine`: answers Cellwright's questions with what the other program outlines."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.jobs import is_stop_asked
from cellwright.zoo import ModelCard
from cellwright_peers.peers import ABOUT, Asked, how_to_install, python_of, read_asked
from cellwright_peers.process import PeerProcess


class PeerEngine:
    """A program in its own environment, started and ready; see `cellwright.inference.Engine`.

    Parameters
    ----------
    asked : Asked
        Which program and which of its models.
    python : Path
        The Python of its environment.

    Raises
    ------
    ModelNotUsable
        If it cannot be started.
    """

    device = "cpu"
    batch = 1

    def __init__(self, asked: Asked, python: Path) -> None:
        self._asked, self._python = asked, python
        self._lock = threading.Lock()
        self._process = PeerProcess(asked, python)
        self.name = f"{self._process.library} in its own environment"
        self.notes = (
            f"Outlined by {self._process.library}, model {asked.model}, which tells no scores: every cell scores 1.",
        )

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 → (N, 1, H, W) float32, the objects of each numbered.

        Raises
        ------
        ModelNotUsable
            If the program fails, takes too long or is to stop; it is started anew with the next question.
        """
        answer = np.zeros((len(images), 1, *images.shape[1:3]), np.float32)
        with self._lock:
            for image, labels in zip(images, answer, strict=True):
                labels[0] = self._running().outline(image)
        return answer

    def close(self) -> None:
        """End the program."""
        self._process.end()

    def _running(self) -> PeerProcess:
        if is_stop_asked():
            raise ModelNotUsable(f"{ABOUT[self._asked.peer].title} was stopped.")
        if not self._process.is_alive:
            self._process = PeerProcess(self._asked, self._python)
        return self._process


class PeerArchitecture:
    """What the cards of the kind ``"peer"`` mean; see `cellwright.inference.OpensEngine`."""

    def open_engine(self, folder: Path, card: ModelCard, device: str) -> PeerEngine:
        """Start the program that a model asks for.

        Raises
        ------
        ModelNotUsable
            If it is not installed or cannot be started; the text says how to install it.
        BadParameter
            If a graphics card is asked for: that is chosen in ``peer.json``.
        """
        if device.partition(":")[0] not in ("auto", "cpu"):
            raise BadParameter(
                f"{card.name} runs in an environment of its own, which Cellwright gives no {device}; use auto, and say "
                f"in the options of {card.weights.file} what {card.title} is to use."
            )
        asked = read_asked(folder / card.weights.file)
        python = python_of(asked.peer)
        if python is None:
            raise ModelNotUsable(how_to_install(asked.peer))
        if not python.is_file():
            raise ModelNotUsable(
                f"{ABOUT[asked.peer].title} should be in the environment of {python}, which is not there any more. "
                f"Say `cellwright-peers use {asked.peer.value} PYTHON` where it is now."
            )
        return PeerEngine(asked, python)


PEER = PeerArchitecture()
