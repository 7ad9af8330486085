"""A slide on a server, which here is this machine: read in parts, and only where a person gave its address."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import content_sha256, is_address, is_probably_openable, open_slide
from cellwright.imaging.remote import address_of
from tests.folder_server import served
from tests.imaging.slide_samples import tczyx, write_ome_zarr


@pytest.fixture
def asked() -> list[str]:
    """Paths that the server was asked for."""
    return []


@pytest.fixture
def server(tmp_path: Path, asked: list[str]) -> Iterator[str]:
    with served(tmp_path, asked) as address:
        yield address


@pytest.mark.parametrize("version", [2, 3])
def test_a_slide_on_a_server_is_read_in_parts(version: int, server: str, asked: list[str], tmp_path: Path) -> None:
    write_ome_zarr(tmp_path / "a.zarr", tczyx(), version)
    address = f"{server}/a.zarr"
    with open_slide(address) as slide:
        assert slide.name == "a.zarr"
        ref = slide.ref
        asked.clear()
        pixels = slide.read(Region(Box(0, 0, 64, 64), channels=(0,)))
        np.testing.assert_array_equal(pixels[:, :, 0], tczyx()[0, 0, 0, :64, :64])
        chunks = [path for path in asked if "/a.zarr/0/" in path]
        assert 1 <= len(chunks) <= 4  # of 72 at full resolution
    with ref.open() as again:
        assert again.shape == (150, 210)
    assert len(content_sha256(address)) == 64


def test_a_missing_slide_on_a_server_is_one_sentence(server: str) -> None:
    with pytest.raises(SlideNotReadable, match="no OME-Zarr picture"):
        open_slide(f"{server}/nothing.zarr")


@pytest.mark.skipif(find_spec("s3fs") is not None, reason="s3fs is installed")
def test_a_missing_package_for_servers_is_named() -> None:
    with pytest.raises(SlideNotReadable, match=r"cellwright\[remote\]"):
        open_slide("s3://bucket/slide.zarr")


def test_a_server_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(SlideNotReadable, match="Check the address") as caught:
        open_slide("http://127.0.0.1:9/slide.zarr")
    assert str(caught.value).startswith("http://127.0.0.1:9/slide.zarr: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://host/a/b.zarr", "https://host/a/b.zarr"),
        ("HTTPS://host/b.zarr/", "https://host/b.zarr"),
        ("s3://bucket/b.zarr", "s3://bucket/b.zarr"),
        ("/data/https/b.zarr", None),
        ("C:/slides/b.zarr", None),
        ("file:///etc/passwd", None),
        ("https://", None),
    ],
)
def test_only_addresses_of_servers_are_addresses(text: str, address: str | None) -> None:
    assert address_of(text) == address
    assert address_of(Path(text)) == address
    assert is_address(text) == (address is not None)
    assert is_probably_openable(text) == (address is not None)
