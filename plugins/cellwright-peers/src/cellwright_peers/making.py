"""Writing a model folder that asks one of the programs, for whoever wants another of its models."""

from __future__ import annotations

from pathlib import Path

from cellwright.zoo import (
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    write_model_of_words,
)
from cellwright_peers.peers import ABOUT, ASKED_FILE, Asked, Peer

TILE_PX, HALO_PX = 1024, 128

_PERCENTILES = {Peer.STARDIST: (1.0, 99.8), Peer.CELLPOSE: (1.0, 99.0), Peer.INSTANSEG: (0.1, 99.9)}
"""Between which each program stretches its pictures by itself."""

_STRIDE = 16


def write_peer_model(folder: Path, asked: Asked, *, title: str = "", overwrite: bool = False) -> ModelCard:
    """Write a model folder; its name is the name of the model.

    The picture is stretched once, between the percentiles that the program uses by itself, and not tile by tile.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    asked : Asked
        Which program, and which of its models.
    title : str
        As a person reads it.
    overwrite : bool
        Whether a model that stands there may be replaced.

    Raises
    ------
    OutputExists
        If there is a model already and `overwrite` is False.
    OutputNotWritable
        If the folder cannot be written.
    """
    about = ABOUT[asked.peer]
    kind = ObjectClass(name="cell", title="Cell", colour="#009E73", badge="C")
    if asked.peer is not Peer.CELLPOSE:
        kind = ObjectClass(name="nucleus", title="Nucleus", colour="#009E73", badge="N")
    card = ModelCard(
        name=folder.name,
        title=title or f"{about.title} ({Path(asked.model).name})",
        summary=f"{about.title}, installed by you in an environment of its own, outlines the cells.",
        task="instances",
        architecture={"kind": "peer"},
        input=InputContract(
            tile_px=TILE_PX,
            halo_px=HALO_PX,
            stride=_STRIDE,
            um_per_px=asked.um_per_px,
            fit=False,
            contrast="percentile",
            percentiles=_PERCENTILES[asked.peer],
        ),
        classes=(kind,),
        decoding=LabelDecoding(),
        thresholds=Thresholds(confidence={kind.name: 0.5}),
        weights=WeightsFile(file=ASKED_FILE, dtype="float32"),
        licence=f"that of {about.title} and of its model",
        citations=(about.cite,),
    )
    return write_model_of_words(folder, card, asked.model_dump_json(indent=2) + "\n", overwrite=overwrite)
