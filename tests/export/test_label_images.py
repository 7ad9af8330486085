"""Label images that were written are read back, pixel for pixel, by the libraries that other programs use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from cellwright.core import BadParameter, Masks, Objects, OutputExists
from cellwright.export import (
    OutlinedPicture,
    PicturePixels,
    index_png,
    label_tiff,
    ome_zarr,
    write_index_png,
    write_label_tiff,
    write_ome_tiff,
    write_ome_zarr,
)
from tests.export.outlines import CASES, CLASSES, COLOURS, numbered, odd_labels, outlined

WRITERS: dict[str, Callable[..., Path]] = {
    "labels.tif": write_label_tiff,
    "labels.ome.tif": write_ome_tiff,
    "labels.ome.zarr": write_ome_zarr,
    "index.png": write_index_png,
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("write", [write_label_tiff, write_ome_tiff])
def test_tiff_labels_come_back(tmp_path: Path, write: Callable[..., Path], case: str) -> None:
    labels = CASES[case]()
    path = write(tmp_path / "a.tif", outlined(labels))
    back = tifffile.imread(path)
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, numbered(labels))


@pytest.mark.parametrize("case", CASES)
def test_zarr_labels_come_back(tmp_path: Path, case: str) -> None:
    labels = CASES[case]()
    group = zarr.open_group(str(write_ome_zarr(tmp_path / "a.ome.zarr", outlined(labels))), mode="r")
    array = group["labels/objects/0"]
    assert isinstance(array, zarr.Array) and array.dtype == np.uint16
    np.testing.assert_array_equal(array[:], numbered(labels))


def test_index_png_has_the_classes_and_their_colours(tmp_path: Path) -> None:
    labels = odd_labels()
    with Image.open(write_index_png(tmp_path / "a.png", outlined(labels))) as back:
        assert back.mode == "P"
        index, shown = np.asarray(back), np.asarray(back.convert("RGB"))
    np.testing.assert_array_equal(index, np.where(labels > 0, labels % 2 + 1, 0))
    assert shown[30, 40].tolist() == [0, 0x72, 0xB2] and shown[5, 6].tolist() == [0xD5, 0x5E, 0]
    assert shown[0, 0].tolist() == [0, 0, 0]


def test_a_plain_tiff_carries_the_pixel_size(tmp_path: Path) -> None:
    with tifffile.TiffFile(write_label_tiff(tmp_path / "a.tif", outlined(odd_labels()))) as tiff:
        tags = tiff.pages[0].tags
        per_cm = [tags[name].value[0] / tags[name].value[1] for name in ("XResolution", "YResolution")]
        assert per_cm == pytest.approx([40_000, 20_000]) and tags["ResolutionUnit"].value == tifffile.RESUNIT.CENTIMETER


def test_ome_tiff_says_pixel_size_and_classes(tmp_path: Path) -> None:
    path = write_ome_tiff(tmp_path / "a.ome.tif", outlined(odd_labels()))
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome and tiff.series[0].axes == "YX"
        text = tiff.ome_metadata
    assert text is not None
    about = tifffile.xml2dict(text)["OME"]
    pixels = about["Image"]["Pixels"]
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (0.25, 0.5)
    said = {entry["K"]: entry["value"] for entry in about["StructuredAnnotations"]["MapAnnotation"]["Value"]["M"]}
    assert said == {"round": "#0072B2 2 4", "odd": "#D55E00 1 3"}


def test_our_own_reader_opens_the_labels_with_their_pixel_size(tmp_path: Path) -> None:
    from cellwright.imaging import open_slide

    for name, write in WRITERS.items():
        if name.endswith(".tif"):
            with open_slide(write(tmp_path / name, outlined(odd_labels()))) as slide:
                assert slide.shape == (40, 60)
                assert slide.pixel_size is not None and slide.pixel_size.x_um == pytest.approx(0.25)


def test_zarr_has_a_pyramid_without_invented_values_colours_and_properties(tmp_path: Path) -> None:
    labels = np.zeros((1300, 2100), np.int32)
    labels[100:900, 50:1600] = 7
    labels[1000:1290, 900:2100] = 12
    folder = write_ome_zarr(tmp_path / "a.ome.zarr", outlined(labels))
    group = zarr.open_group(str(folder / "labels" / "objects"), mode="r")
    about = group.attrs["ome"]
    assert zarr.open_group(str(folder / "labels"), mode="r").attrs["ome"]["labels"] == ["objects"]
    datasets = about["multiscales"][0]["datasets"]
    assert [d["path"] for d in datasets] == ["0", "1", "2", "3"]
    assert datasets[2]["coordinateTransformations"] == [{"type": "scale", "scale": [2.0, 1.0]}]
    assert [axis["unit"] for axis in about["multiscales"][0]["axes"]] == ["micrometer"] * 2
    for level in range(4):
        np.testing.assert_array_equal(group[str(level)][:], numbered(labels)[:: 2**level, :: 2**level])
    label = about["image-label"]
    assert label["colors"] == [
        {"label-value": 1, "rgba": [0xD5, 0x5E, 0, 255]},
        {"label-value": 2, "rgba": [0, 0x72, 0xB2, 255]},
    ]
    first = label["properties"][0]
    assert (first["label-value"], first["class"], first["area"]) == (1, "odd", 800 * 1550)
    assert first["area_um2"] == 800 * 1550 * 0.125


def test_the_picture_stands_beside_its_labels_in_zarr(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 4000, (1301, 701, 2), np.uint16)
    labels = np.zeros(values.shape[:2], np.int32)
    labels[100:900, 50:600] = 1
    pixels = PicturePixels(
        ("DAPI", "actin"),
        ("#0000FF", "#00FF00"),
        ((0.0, 4000.0), (10.0, 3000.0)),
        values.dtype,
        lambda box: values[box.y0 : box.y1, box.x0 : box.x1],
    )
    folder = write_ome_zarr(tmp_path / "a.ome.zarr", outlined(labels), pixels=pixels)
    group = zarr.open_group(str(folder), mode="r")
    about = group.attrs["ome"]
    (image,) = about["multiscales"]
    assert [axis["name"] for axis in image["axes"]] == ["c", "y", "x"]
    assert [d["path"] for d in image["datasets"]] == ["0", "1", "2"]
    assert image["datasets"][1]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1.0, 1.0, 0.5]},
        {"type": "translation", "translation": [0.0, 0.25, 0.125]},
    ]
    assert [(c["label"], c["color"]) for c in about["omero"]["channels"]] == [("DAPI", "0000FF"), ("actin", "00FF00")]
    np.testing.assert_array_equal(group["0"][:], np.moveaxis(values, -1, 0))
    half = group["1"]
    assert half.shape == (2, 651, 351) and half.dtype == np.uint16
    assert half[1, 3, 5] == np.rint(values[6:8, 10:12, 1].mean())
    assert half[0, 650, 350] == values[1300, 700, 0]
    source = zarr.open_group(str(folder / "labels" / "objects"), mode="r").attrs["ome"]["image-label"]["source"]
    assert (folder / "labels" / "objects" / source["image"]).resolve() == folder.resolve()
    write_ome_zarr(folder, outlined(labels), overwrite=True)
    assert not (folder / "0").exists()


def test_more_objects_than_16_bits_hold_take_32() -> None:
    assert label_tiff.label_dtype(65_535) is np.uint16
    assert label_tiff.label_dtype(65_536) is np.uint32


def test_70000_objects_come_back(tmp_path: Path) -> None:
    y, x = np.divmod(np.arange(70_000), 350)
    spans = np.stack([2 * y, 2 * x, 2 * x + 1], axis=1)
    masks = Masks.from_spans(np.arange(70_000), spans, 70_000)
    found = Objects(
        np.frombuffer(np.arange(4 * 70_000, dtype=np.uint32).tobytes(), "V16"),
        masks.boxes(),
        np.zeros(70_000, np.int16),
        np.ones(70_000, np.float32),
        CLASSES,
        "test",
        masks,
    )
    picture = OutlinedPicture("many.tif", (400, 700), found, COLOURS)
    back = tifffile.imread(write_label_tiff(tmp_path / "a.tif", picture))
    assert back.dtype == np.uint32 and back.max() == 70_000
    np.testing.assert_array_equal(back[2 * y, 2 * x], np.arange(1, 70_001))


def test_strips_of_any_height_make_the_same_picture() -> None:
    picture = outlined(CASES["nuclei"]())
    whole = np.concatenate(list(picture.strips(1000, None, np.uint16)))
    for rows in (1, 7, 64, 300):
        np.testing.assert_array_equal(np.concatenate(list(picture.strips(rows, None, np.uint16))), whole)


def test_shapes_over_the_edge_are_cut() -> None:
    picture = outlined(np.ones((6, 8), np.int32))
    assert picture.objects.masks is not None
    moved = Objects(
        picture.objects.ids, picture.objects.boxes, picture.objects.class_index, picture.objects.scores,
        CLASSES, "test", picture.objects.masks.shifted(-2, 3),
    )  # fmt: skip
    whole = np.concatenate(list(OutlinedPicture("a", (6, 8), moved, COLOURS).strips(4, None, np.uint16)))
    expected = np.zeros((6, 8))
    expected[:4, 3:] = 1
    np.testing.assert_array_equal(whole, expected)


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_there_is_not_replaced_unless_agreed(tmp_path: Path, name: str) -> None:
    picture = outlined(odd_labels())
    WRITERS[name](tmp_path / name, picture)
    with pytest.raises(OutputExists):
        WRITERS[name](tmp_path / name, picture)
    WRITERS[name](tmp_path / name, picture, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_boxes_alone_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    found = outlined(odd_labels()).objects
    bare = Objects(found.ids, found.boxes, found.class_index, found.scores, CLASSES)
    with pytest.raises(BadParameter, match=r"Only boxes are known on a\.png"):
        WRITERS[name](tmp_path / name, OutlinedPicture("a.png", (40, 60), bare, COLOURS))
    assert not list(tmp_path.iterdir())


def test_a_picture_too_large_for_png_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_png, "INDEX_PIXELS", 100)
    with pytest.raises(BadParameter, match=r"too large for PNG \(60 × 40 px\)"):
        write_index_png(tmp_path / "a.png", outlined(odd_labels()))


def test_the_pyramid_ends_where_it_is_small() -> None:
    assert [ome_zarr._levels((side, 3)) for side in (1, 512, 513, 1024, 1025, 2048, 4096)] == [1, 1, 2, 2, 3, 3, 4]
