"""From a name to a picture: what is offered, what is imported, how content is fingerprinted."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cellwright.core import SlideNotReadable
from cellwright.imaging import FILE_KINDS, OPENABLE_SUFFIXES, READERS, content_sha256, is_probably_openable, open_slide
from cellwright.imaging.readers import OWN_READERS
from cellwright.imaging.sniff import kind_of
from tests.imaging.samples import KINDS
from tests.imaging.slide_samples import tczyx, write_ome_zarr


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_offered_and_recognised_by_its_content(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    assert path.name.lower().endswith(OPENABLE_SUFFIXES)
    assert is_probably_openable(path)
    assert kind_of(path.read_bytes()[:1024]) in ("png", "jpg", "bmp", "webp", "tif")
    assert is_probably_openable(path.rename(tmp_path / "without-a-suffix"))


def test_what_is_no_picture_is_not_offered(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    assert not is_probably_openable(text)
    assert not is_probably_openable(tmp_path)
    assert not is_probably_openable(tmp_path / "missing.png")


def test_upper_case_and_text_paths_open(tmp_path: Path) -> None:
    path = KINDS["png colour"](tmp_path)
    shouted = path.rename(tmp_path / "COLOUR.PNG")
    with open_slide(str(shouted)) as slide:
        assert slide.ref.path == shouted
        assert slide.name == "COLOUR.PNG"


def test_opening_a_png_imports_no_other_reader(tmp_path: Path) -> None:
    path = KINDS["png colour"](tmp_path)
    code = (
        "import sys; from cellwright.imaging import open_slide\n"
        f"open_slide({str(path)!r}).close()\n"
        "print([m for m in ('tifffile', 'pydicom', 'torch', 'skimage', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_room_imports_no_decoder() -> None:
    code = (
        "import sys; import cellwright.imaging\n"
        "print([m for m in ('tifffile', 'pydicom', 'PIL', 'imagecodecs', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_reader_can_be_loaded() -> None:
    for name in OWN_READERS:
        assert callable(READERS.load(name))


def test_our_readers_are_declared_as_a_plugin_would_declare_its_own(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"][READERS.group] == OWN_READERS


def test_every_suffix_is_in_a_group_of_the_dialog() -> None:
    grouped = {name for names in FILE_KINDS.values() for name in names}
    assert grouped | {"zarr"} == set(OWN_READERS)


def test_the_fingerprint_of_a_folder_follows_names_and_bytes(tmp_path: Path) -> None:
    one, other = (write_ome_zarr(tmp_path / name, tczyx(), 2) for name in ("a.zarr", "b.zarr"))
    before = content_sha256(one)
    assert content_sha256(other) == before
    chunk = other / "2" / "0" / "0" / "0" / "0" / "0"
    data = chunk.read_bytes()
    chunk.write_bytes(data + b"x")
    assert content_sha256(other) != before
    chunk.write_bytes(data)
    assert content_sha256(other) == before
    chunk.rename(chunk.with_name("1"))
    assert content_sha256(other) != before


def test_the_fingerprint_is_that_of_all_bytes(tmp_path: Path) -> None:
    path = KINDS["tiff strips"](tmp_path)
    assert content_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(SlideNotReadable):
        content_sha256(tmp_path / "missing")
    with pytest.raises(SlideNotReadable):
        content_sha256(tmp_path)
