"""Plugins are listed from metadata; a broken one is a line with its reason, and its models are simply not there."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.cli import main
from cellwright.core import PluginNotUsable, SlideNotReadable
from cellwright.imaging import open_slide
from cellwright.inference import detect_file, open_predictor
from cellwright.registry import INTERFACE, INTERFACE_NAME
from cellwright.workflows.plugins import GROUPS, _registry, plugins
from cellwright.zoo import (
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    find_model,
    list_models,
    seal_model,
)


@pytest.fixture
def freshly_looked_for() -> Iterator[None]:
    """Let every registry look anew, before and after."""
    registries = [_registry(target) for target in GROUPS.values()]
    for registry in registries:
        registry.refresh()
    yield
    for registry in registries:
        registry.refresh()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freshly_looked_for: None, repository: Path) -> Path:
    """A package that brings a model, an architecture that is written for another interface, and a broken reader."""
    info = tmp_path / "lab_pack-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-pack\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text(
        "[cellwright.models]\nlab = lab_pack:FOLDER\n"
        "[cellwright.architectures]\nold-net = lab_pack_old:build\n"
        "[cellwright.readers]\npng = lab_pack_missing:open_png\nlabfile = lab_pack:open_labfile\n"
    )
    (tmp_path / "lab_pack.py").write_text(
        f"from pathlib import Path\n{INTERFACE_NAME} = {INTERFACE}\n"
        "FOLDER = Path(__file__).parent / 'lab_models'\n\ndef open_labfile(path, series):\n    raise OSError(path)\n"
    )
    (tmp_path / "lab_pack_old.py").write_text(f"{INTERFACE_NAME} = 0\n\ndef build(parameters):\n    return None\n")
    shipped = repository / "models" / "nuclei-unet"
    shutil.copytree(shipped, tmp_path / "lab_models" / "lab-unet")
    card = (tmp_path / "lab_models" / "lab-unet" / "card.json").read_text("utf-8")
    (tmp_path / "lab_models" / "lab-unet" / "card.json").write_text(
        card.replace('"name": "nuclei-unet"', '"name": "lab-unet"', 1), "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("lab_pack", "lab_pack_old"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return tmp_path


def test_listing_reads_metadata_alone(installed: Path) -> None:
    listed = [plugin for plugin in plugins(tried=False) if plugin.distribution == "lab-pack"]
    found = {(plugin.group, plugin.name): plugin for plugin in listed}
    assert {("models", "lab"), ("architectures", "old-net"), ("readers", "png"), ("readers", "labfile")} <= set(found)
    assert all(plugin.version == "0.3" for plugin in found.values())
    assert not any(plugin.problem for plugin in found.values())
    assert found["readers", "png"].replaces_own
    assert not {"lab_pack", "lab_pack_old"} & set(sys.modules)


def test_each_that_cannot_be_used_says_why(installed: Path) -> None:
    found = {plugin.name: plugin for plugin in plugins()}
    assert "lab_pack_missing" in found["png"].problem
    assert "version 0" in found["old-net"].problem
    assert found["lab"].problem == found["labfile"].problem == ""


def test_models_of_a_package_stand_on_the_shelf(installed: Path) -> None:
    names = [listed.name for listed in list_models()]
    assert "lab-unet" in names
    assert find_model("lab-unet") == installed / "lab_models" / "lab-unet"
    assert len(names) == len(set(names))


def test_a_pack_without_its_folder_is_left_out(installed: Path) -> None:
    shutil.rmtree(installed / "lab_models")
    assert "lab-unet" not in [listed.name for listed in list_models()]
    assert "is not there" in {plugin.name: plugin for plugin in plugins()}["lab"].problem


def test_the_command_lists_them_and_tells_the_shell(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 1
    said = capsys.readouterr().out
    assert "lab-pack 0.3" in said
    assert "cannot be used" in said
    assert main(["plugins", "--no-check"]) == 0


ENGINE = """
from pathlib import Path
CELLWRIGHT_INTERFACE = 1
MODELS = Path(__file__).parent / "models_of_engine"

class Engine:
    name, device, notes, batch = "careless", "cpu", (), 1
    def run(self, images):
        {run}
    def close(self):
        pass

class Careless:
    def open_engine(self, folder, card, device):
        {opened}

KIND = Careless()

def open_nothing(path, series=0):
    return None
"""


def _careless(folder: Path, monkeypatch: pytest.MonkeyPatch, opened: str, run: str = "return None") -> Path:
    """Install an architecture that is careless, a model of it, and a reader that reads nothing; the model."""
    (folder / "careless_engine.py").write_text(ENGINE.format(opened=opened, run=run))
    info = folder / "careless_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: careless-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[cellwright.architectures]\ncareless = careless_engine:KIND\n"
        "[cellwright.models]\ncareless = careless_engine:MODELS\n"
        "[cellwright.readers]\nempty = careless_engine:open_nothing\n"
    )
    model = folder / "models_of_engine" / "careless-model"
    model.mkdir(parents=True)
    (model / "rules.json").write_text("{}")
    card = ModelCard(
        name=model.name,
        title="Careless",
        task="instances",
        architecture={"kind": "careless"},
        input=InputContract(tile_px=64, halo_px=8, stride=32, fit=False),
        classes=(ObjectClass(name="cell", title="Cell", colour="#0072B2", badge="C"),),
        decoding=LabelDecoding(),
        thresholds=Thresholds(confidence={"cell": 0.5}),
        weights=WeightsFile(file="rules.json", dtype="float32"),
    )
    seal_model(model, card)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "careless_engine", raising=False)
    return model


@pytest.mark.parametrize(
    ("opened", "reason"), [("raise KeyError('licence')", "KeyError: 'licence'"), ("return None", "AttributeError")]
)
def test_an_engine_that_does_not_open_is_blamed_on_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freshly_looked_for: None, opened: str, reason: str
) -> None:
    _careless(tmp_path, monkeypatch, opened)
    with pytest.raises(PluginNotUsable, match=f"'careless' of the package 'careless-engine' .*{reason}"):
        open_predictor("careless-model")
    assert reason in {(each.group, each.name): each for each in plugins()}["architectures", "careless"].problem


@pytest.mark.parametrize("run", ["raise TypeError('in the middle')", "return None", "return images[:0]"])
def test_an_engine_that_fails_is_a_failed_tile_with_its_package_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freshly_looked_for: None, run: str
) -> None:
    model = _careless(tmp_path, monkeypatch, "return Engine()", run)
    picture = tmp_path / "picture.png"
    Image.fromarray(np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)).save(picture)
    detection = detect_file(picture, open_predictor(model))
    (record,) = detection.coverage.missing
    assert "the package 'careless-engine'" in record.reason


def test_a_reader_that_gives_no_slide_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freshly_looked_for: None
) -> None:
    _careless(tmp_path, monkeypatch, "return None")
    (tmp_path / "a.empty").write_bytes(b"something")
    with pytest.raises(SlideNotReadable, match=r"its reader 'empty' gave no picture\. Update or remove the package"):
        open_slide(tmp_path / "a.empty")
    assert "not a slide" in {each.name: each for each in plugins()}["empty"].problem


def test_without_any_it_says_where_to_begin(
    freshly_looked_for: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cellwright.registry.entry_points", lambda group: ())
    assert main(["plugins"]) == 0
    assert "docs/plugins.md" in capsys.readouterr().err


def test_our_own_parts_are_registered_as_a_plugins_would_be(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    listed = [each for each in plugins(own=True) if each.distribution == "cellwright"]
    # Other tests may have let this process know drawn slides.
    own = {(each.group, each.name): each.target for each in listed if not each.target.startswith("cellwright.testing")}
    declared = {
        (group.removeprefix("cellwright."), name): target
        for group, entries in project.items()
        for name, target in entries.items()
    }
    assert own == declared
