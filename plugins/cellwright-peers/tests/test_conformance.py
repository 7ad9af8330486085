"""A model that asks another program keeps the laws of every model folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cellwright_peers.making import write_peer_model
from cellwright_peers.peers import Asked, Peer, variable_of

import cellwright as cw
from cellwright.inference import record_sample
from cellwright.testing.models import ModelTests
from cellwright.zoo import Sample, save_card


class TestAskedModel(ModelTests):
    @pytest.fixture(scope="class", autouse=True)
    def installed(self, environment: Path) -> Iterator[None]:
        """Say where the stand-in is installed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(variable_of(Peer.STARDIST), str(environment))
            yield

    @pytest.fixture(scope="class")
    def model_folder(self, tmp_path_factory: pytest.TempPathFactory, installed: None) -> Path:
        folder = tmp_path_factory.mktemp("models") / "asked"
        card = write_peer_model(folder, Asked(peer=Peer.STARDIST, model="any"))
        shutil.copy(cw.sample_picture("nuclei"), folder / "sample.png")
        save_card(folder, card.changed(sample=Sample(picture="sample.png", expected="expected.json")))
        record_sample(folder)
        return folder
