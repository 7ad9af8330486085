"""Pictures as layers: the same pixels, lazily, with names, units and scale of every axis."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Layer
from napari_cellwright.layer_objects import objects_of
from napari_cellwright.lazy_labels import PaintedLabels, labels_of
from napari_cellwright.lazy_pixels import Level, LevelPixels, OpenSlide, levels_of
from napari_cellwright.picture_layers import layers_of
from napari_cellwright.placing import pixel_size_of
from napari_cellwright.reading import outline_reader, picture_reader, project_reader, read_outlines, read_pictures

import cellwright as cw
from cellwright.core import Box, Masks, PixelSize, PixelSizeSource, Region, SlideNotReadable
from cellwright.imaging import array_ref, open_slide
from cellwright.shapes import masks_from_labels


def _levels(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [data]


def test_a_pyramid_becomes_one_layer_of_several_resolutions(data_dir: Path) -> None:
    path = data_dir / "formats" / "test3-DAPI-2-387.ndpi"
    data, said, kind = read_pictures(str(path))[0]
    assert kind == "image"
    assert said["multiscale"]
    assert said["rgb"]
    assert [level.shape for level in data] == [(4864, 3968, 3), (2432, 1984, 3), (1216, 992, 3), (608, 496, 3)]
    assert said["units"] == ("um", "um")
    with open_slide(path) as slide:
        assert said["scale"] == (slide.pixel_size.y_um, slide.pixel_size.x_um)  # type: ignore[union-attr]
        there = slide.read(Region(Box(1000, 800, 1100, 1000)))
        coarse = slide.read(Region(Box(0, 0, 4864, 3968), 8.0))
    np.testing.assert_array_equal(np.asarray(data[0][1000:1100, 800:1000]), there)
    np.testing.assert_array_equal(np.asarray(data[3]), coarse)


def test_the_small_pictures_of_a_slide_come_hidden(data_dir: Path) -> None:
    layers = read_pictures(str(data_dir / "formats" / "CMU-1-Small-Region.svs"))
    assert [said["visible"] for _, said, _ in layers] == [True, False, False, False]
    assert {said["name"].split(" · ")[1] for _, said, _ in layers[1:]} == {"thumbnail", "label", "macro"}


def test_a_stack_in_time_and_depth_has_named_axes_and_a_layer_a_channel(data_dir: Path) -> None:
    path = data_dir / "formats" / "CD_s_1_t_3_c_2_z_5.czi"
    layers = [each for each in read_pictures(str(path)) if each[1]["visible"]]
    assert [said["name"].split(" · ")[1] for _, said, _ in layers] == ["LED555", "LED470"]
    with open_slide(path) as slide:
        for channel, (data, said, _) in enumerate(layers):
            assert data.shape == (3, 5, 170, 240)
            assert said["axis_labels"] == ("t", "z", "y", "x")
            assert said["units"] == ("pixel", "um", "um", "um")
            assert said["scale"][1] == slide.z_step_um
            assert said["blending"] == "additive"
            plane = slide.read(Region(Box(10, 20, 90, 120), z=3, t=2, channels=(channel,)))[..., 0]
            np.testing.assert_array_equal(np.asarray(data[2, 3, 10:90, 20:120]), plane)


def test_napari_makes_layers_of_every_real_file(data_dir: Path) -> None:
    paths = [p for p in sorted((data_dir / "formats").rglob("*")) if p.is_file() and picture_reader(str(p))]
    assert len(paths) > 10
    for path in paths:
        try:
            found = read_pictures(str(path))
        except SlideNotReadable:
            continue  # some are there to be refused
        for each in found:
            layer = Layer.create(*each)
            size = pixel_size_of(layer)
            assert (size is None) == (str(layer.units[-1]) == "pixel"), path.name
            assert np.asarray(_levels(each[0])[-1][(0,) * (layer.ndim - 2)]).size


@given(st.data())
def test_any_slice_of_a_lazy_array_is_that_of_the_picture(data: st.DataObject) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (37, 53, 3), np.uint8)
    lazy = LevelPixels(OpenSlide(array_ref(pixels)), Level((37, 53), 1), 1, 1, (0, 1, 2), pixels.dtype)
    key = tuple(
        data.draw(st.integers(0, size - 1) | st.slices(size).filter(lambda s: (s.step or 1) > 0), label=str(size))
        for size in pixels.shape
    )
    np.testing.assert_array_equal(lazy[key], pixels[key])
    np.testing.assert_array_equal(np.asarray(lazy.as_dask()[key]), pixels[key])


def test_a_large_picture_of_one_resolution_gets_coarser_ones(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (120, 9000), np.uint8)
    slide = array_ref(pixels).open()
    levels = levels_of(slide)
    assert [level.downsample for level in levels] == [1, 4, 16]
    data, said, _ = layers_of(slide)[0]
    assert said["multiscale"]
    mean = pixels.reshape(30, 4, 2250, 4).mean((1, 3))
    assert np.abs(np.asarray(data[1], float) - mean).max() <= 1


def test_a_slide_that_is_sent_elsewhere_is_opened_there_again(nuclei_path: Path) -> None:
    slide = open_slide(nuclei_path)
    here = OpenSlide(slide.ref, slide)
    there = copy.copy(here)
    box = Region(Box(0, 0, 10, 10))
    np.testing.assert_array_equal(there.read(box), here.read(box))
    del here
    assert there.read(box).size  # closed was the first alone


def test_what_is_no_picture_is_left_to_other_readers(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# notes")
    assert picture_reader(str(tmp_path / "notes.md")) is None
    assert picture_reader(str(tmp_path)) is None
    assert project_reader(str(tmp_path)) is None
    assert outline_reader(str(tmp_path / "notes.md")) is None


def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0" + b"\xff" * 200)
    with pytest.raises(SlideNotReadable, match=r"broken\.tif"):
        read_pictures(str(path))


def test_painted_labels_are_those_of_the_whole_picture() -> None:
    rng = np.random.default_rng(5)
    picture = np.zeros((300, 420), np.int32)
    for number in range(1, 60):
        y, x = rng.integers(0, 280), rng.integers(0, 400)
        picture[y : y + 17, x : x + 13] = number
    masks, values = masks_from_labels(picture)
    relabelled = np.where(picture, np.searchsorted(values, picture) + 1, 0)
    lazy = PaintedLabels(masks, picture.shape, 1, before=2)
    assert lazy.shape == (1, 1, 300, 420)
    np.testing.assert_array_equal(lazy[0, 0, 40:200, 30:333], relabelled[40:200, 30:333])
    np.testing.assert_array_equal(np.asarray(lazy)[0, 0], labels_of(masks, picture.shape))
    coarse = PaintedLabels(masks, picture.shape, 4)
    np.testing.assert_array_equal(coarse[:, :], relabelled[2::4, 2::4][:75, :105])


def test_a_label_image_becomes_labels_with_the_table_beside_it(found: cw.Found, tmp_path: Path) -> None:
    found.save(tmp_path, ["labels", "csv"])
    (path,) = (tmp_path / "labels").glob("*.tif")
    ((data, said, kind),) = read_pictures(str(path))
    assert kind == "labels"
    np.testing.assert_array_equal(data, found.labels())
    features = said["features"]
    assert features["uuid"].tolist() == found.objects.id_strings()
    assert features["index"].tolist() == list(range(1, len(found) + 1))
    Layer.create(data, said, kind)


def test_outlines_are_read_back_where_they_were_written(found: cw.Found, tmp_path: Path) -> None:
    found.save(tmp_path, "geojson")
    (path,) = (tmp_path / "geojson").glob("*.geojson")
    layers = [Layer.create(*each) for each in read_outlines(str(path))]
    objects, _ = objects_of(layers[0])
    assert set(objects.id_strings()) == set(found.objects.id_strings())
    assert abs(int(objects.masks.areas().sum()) - int(found.objects.masks.areas().sum())) < 50  # type: ignore[union-attr]


def test_outlines_lie_on_their_picture_where_their_file_tells_its_scale(found: cw.Found, tmp_path: Path) -> None:
    found.save(tmp_path, "geojson")
    (path,) = (tmp_path / "geojson").glob("*.geojson")
    (layer,) = [Layer.create(*each) for each in read_outlines(str(path))]
    picture = Layer.create(*read_pictures(str(cw.sample_picture("nuclei")))[0])
    assert picture.scale[0] != 1
    np.testing.assert_allclose(layer.scale, picture.scale, rtol=1e-5)
    assert layer.units == picture.units
    silent = path.read_text("utf-8").replace('_um"', '_ell"')
    (tmp_path / "silent.geojson").write_text(silent, "utf-8")
    (layer,) = [Layer.create(*each) for each in read_outlines(str(tmp_path / "silent.geojson"))]
    assert layer.scale.tolist() == [1, 1]
    assert pixel_size_of(layer) is None


def test_pixel_size_in_other_lengths_is_understood() -> None:
    layer = Layer.create(np.zeros((4, 5)), {"scale": (250.0, 500.0), "units": ("nm", "nm")}, "image")
    assert pixel_size_of(layer) == PixelSize(0.25, 0.5, PixelSizeSource.USER)
    assert pixel_size_of(Layer.create(np.zeros((4, 5)), {}, "image")) is None


def test_masks_without_objects_give_empty_labels() -> None:
    assert not labels_of(Masks.empty(), (8, 9)).any()


def test_a_colour_picture_of_sixteen_bits_keeps_its_limits(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, np.full((20, 30, 3), 900, np.uint16), photometric="rgb")
    (_, said, _) = read_pictures(str(path))[0]
    assert said["rgb"]
    assert said["contrast_limits"][1] > said["contrast_limits"][0]
