"""Models that outline, from the command line: areas and the cardiothoracic ratio, every format, channels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from cellwright.testing import CHEST_CLASSES, ChestPhantom
from cellwright.workflows import ExportFormat, planned_outputs

Run = Callable[..., Any]
DEVICE = ("--device", "cpu")
ARCHITECTURE = {
    "kind": "unet",
    "encoder": {"kind": "plain", "channels": [4, 8]},
    "decoder": {"channels": [4]},
    "head": {"kind": "classes", "classes": 4},
}


@pytest.fixture(scope="module")
def parts_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model of right lung, left lung and heart that finds something of each."""
    import torch

    from cellwright import nets
    from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds, write_model
    from cellwright.zoo.decoding import ClassDecoding

    torch.manual_seed(3)
    network = nets.build(ARCHITECTURE)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = None
    with torch.no_grad():
        film = torch.from_numpy(ChestPhantom(1, side_px=128).read()).float()[None, None].repeat(1, 3, 1, 1) / 255
        network.train()(film)
        network.eval()
        # Whatever the features are, on the mean no class is ahead, so that each is somewhere.
        last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)][-1]
        last.bias -= network(film).mean((0, 2, 3))
    kinds = zip(CHEST_CLASSES, ("#0072B2", "#009E73", "#D55E00"), "RLH", strict=True)
    card = ModelCard(
        name="parts",
        title="Parts, for tests",
        task="semantic",
        decoding=ClassDecoding(),
        architecture=ARCHITECTURE,
        input=InputContract(tile_px=96, halo_px=16, fit=False),
        classes=tuple(ObjectClass(name=n, title=n.capitalize(), colour=c, badge=b) for n, c, b in kinds),
        thresholds=Thresholds(confidence=dict.fromkeys(CHEST_CLASSES, 0.1)),
    )
    folder = tmp_path_factory.mktemp("models") / "parts"
    write_model(folder, card, network)
    return folder


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for seed in (1, 2):
        Image.fromarray(ChestPhantom(seed, side_px=128).read()).save(folder / f"film_{seed}.png")
    return folder


def test_areas_and_the_ratio_are_said_and_every_format_is_written(
    cellwright: Run, parts_model: Path, films: Path, tmp_path: Path
) -> None:
    formats = ",".join(kind.value for kind in ExportFormat)
    out = tmp_path / "out"
    words = ("analyze", films, "--model", parts_model, "--out", out, "--format", formats, "--json", *DEVICE)
    said = cellwright(*words)
    assert said.code == 0
    names = ["film_1.png", "film_2.png"]
    assert sorted(said.json["written"]) == sorted(map(str, planned_outputs(out, tuple(ExportFormat), names)))
    picture = said.json["pictures"][0]
    index = np.asarray(Image.open(out / "index-png" / "film_1.png"))
    for number, name in enumerate(CHEST_CLASSES, start=1):
        assert picture["areas"][name]["area_px2"] == (index == number).sum() > 0
    assert picture["areas"]["all"]["percent"] == pytest.approx(100 * (index > 0).mean())
    assert tifffile.imread(out / "labels" / "film_1.tif").max() == picture["counts"]["all"]["count"]
    ratio = picture["cardiothoracic"]
    heart, lungs = np.nonzero((index == 3).any(0))[0], np.nonzero(((index == 1) | (index == 2)).any(0))[0]
    assert ratio["ratio"] == pytest.approx(np.ptp(heart) / np.ptp(lungs), abs=1e-6)
    assert (ratio["heart_line"]["x0"], ratio["heart_line"]["x1"]) == (heart[0] + 0.5, heart[-1] + 0.5)

    plain = cellwright("analyze", films / "film_1.png", "--model", parts_model, *DEVICE)
    for word in ("Area (px²)", "Share of the picture", "Right-lung", "Heart", f"{(index == 3).sum():,}"):
        assert word in plain.out
    assert f"film_1.png: cardiothoracic ratio {ratio['ratio']:.3f}" in plain.out + plain.err


def test_formats_that_need_outlines_are_refused_before_the_work(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    said = cellwright("analyze", smears, "--model", model, "--out", tmp_path / "o", "--format", "labels,csv", *DEVICE)
    assert said.code != 0 and "tiny finds boxes and no outlines, which labels needs" in said.err
    assert not (tmp_path / "o").exists()


def test_a_channel_that_one_picture_lacks_leaves_it_out(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    grey = tmp_path / "grey.png"
    Image.new("L", (60, 50), 90).save(grey)
    words = (smears / "smear_1.png", grey, "--channel", "green", "--model", model, "--json", *DEVICE)
    said = cellwright("analyze", *words)
    assert [picture["name"] for picture in said.json["pictures"]] == ["smear_1.png [green]"]
    assert said.code != 0 and "grey.png has no channel 'green'" in said.json["left_out"][0]["reason"]
