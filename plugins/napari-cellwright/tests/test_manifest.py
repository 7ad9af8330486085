"""The manifest is valid, everything it names is there, and nothing of it needs our window or a library for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from npe2 import PluginManager, PluginManifest

from cellwright.imaging import OPENABLE_SUFFIXES

MANIFEST = Path(__file__).parents[1] / "src" / "napari_cellwright" / "napari.yaml"


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_file(MANIFEST)


def test_npe2_validates_the_installed_plugin() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", "napari-cellwright"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "valid" in checked.stdout


def test_every_command_can_be_imported(manifest: PluginManifest) -> None:
    manifest.validate_imports()


def test_every_suffix_that_cellwright_reads_is_offered(manifest: PluginManifest) -> None:
    readers = manifest.contributions.readers or []
    patterns = {pattern for each in readers if "pictures" in each.command for pattern in each.filename_patterns}
    assert not [suffix for suffix in OPENABLE_SUFFIXES if not any(suffix.endswith(p[1:]) for p in patterns)]


def test_napari_finds_the_readers_by_the_name_of_a_file(manifest: PluginManifest, nuclei_path: Path) -> None:
    manager = PluginManager()
    manager.register(manifest)
    commands = [each.command for each in manager.iter_compatible_readers([str(nuclei_path)])]
    assert "napari-cellwright.read_pictures" in commands


def test_files_of_others_are_left_to_others(manifest: PluginManifest, tmp_path: Path) -> None:
    manager = PluginManager()
    manager.register(manifest)
    for name in ("values.npy", "table.csv", "notes.txt", "movie.mp4"):
        (tmp_path / name).write_bytes(b"0")
        assert not list(manager.iter_compatible_readers([str(tmp_path / name)])), name


def test_neither_our_window_nor_a_qt_binding_is_imported() -> None:
    # A process of its own: this one has imported them long since.
    program = """
import importlib, pkgutil, sys, napari_cellwright
for each in pkgutil.iter_modules(napari_cellwright.__path__):
    importlib.import_module(f"napari_cellwright.{each.name}")
words = {"PySide6", "PyQt5", "PyQt6", "qtpy", "superqt", "napari", "torch"}
strange = sorted(m for m in sys.modules if m.split(".")[0] in words)
assert not strange, strange
assert not [m for m in sys.modules if m.startswith("cellwright.ui")]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_line_of_the_source_names_a_qt_binding() -> None:
    words = ("PySide", "PyQt", "qtpy", "cellwright.ui")
    found = [
        f"{path.name}: {word}" for path in MANIFEST.parent.glob("*.py") for word in words if word in path.read_text()
    ]
    assert not found
