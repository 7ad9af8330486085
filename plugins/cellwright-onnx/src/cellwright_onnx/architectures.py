"""What Cellwright finds under ``onnx`` and ``torchscript`` in a card: how such a model is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import ModelNotUsable
from cellwright.zoo import ModelCard
from cellwright.zoo.recorded import recorded_network

if TYPE_CHECKING:
    from cellwright_onnx.engine import RecordedEngine


class OnnxArchitecture:
    """Networks run by ONNX Runtime."""

    def open_engine(self, folder: Path, card: ModelCard, device: str) -> RecordedEngine:
        """Return a model ready to answer; see `cellwright.inference.engine.OpensEngine`.

        Parameters
        ----------
        folder : Path
            The model folder.
        card : ModelCard
            Its card.
        device : str
            ``"auto"``, ``"cpu"`` or ``"cuda"``; a GPU needs the package onnxruntime-gpu.

        Raises
        ------
        ModelNotUsable
            If the file is damaged, leaves its folder, or does not fit the card.
        BadParameter
            If it cannot compute on that device.
        """
        from cellwright_onnx.engine import RecordedEngine
        from cellwright_onnx.onnx_session import OnnxSession

        recorded = recorded_network(card)
        return RecordedEngine(card, recorded, OnnxSession(folder, card, recorded.external, device))


class TorchscriptArchitecture:
    """Networks run by torch from an archive that holds code, so that a person has to allow each of them once."""

    def open_engine(self, folder: Path, card: ModelCard, device: str) -> RecordedEngine:
        """Return a model ready to answer; see `cellwright.inference.engine.OpensEngine`.

        Parameters
        ----------
        folder : Path
            The model folder.
        card : ModelCard
            Its card.
        device : str
            ``"auto"``, ``"cpu"`` or ``"cuda"``.

        Raises
        ------
        ModelNotUsable
            If nobody allowed the file, it is damaged, or it does not fit the card.
        BadParameter
            If it cannot compute on that device.
        """
        from cellwright_onnx.consent import refusal
        from cellwright_onnx.engine import RecordedEngine
        from cellwright_onnx.torchscript_session import TorchscriptSession

        recorded = recorded_network(card)
        if said := refusal(folder, card):
            raise ModelNotUsable(said)
        return RecordedEngine(card, recorded, TorchscriptSession(folder, card, device))


ONNX = OnnxArchitecture()
TORCHSCRIPT = TorchscriptArchitecture()
