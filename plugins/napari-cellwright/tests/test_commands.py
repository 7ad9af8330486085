"""`analyze`, `measure` and `count` as plain functions: the answers of Cellwright, on layers of any kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image, Labels, Layer, Points, Shapes
from napari_cellwright import analyze, as_layer, count, measure
from napari_cellwright.layer_objects import objects_of
from napari_cellwright.placing import picture_of, plane_shown
from napari_cellwright.reading import read_pictures

import cellwright as cw
from cellwright.core import BadParameter, UnknownName
from cellwright.imaging import open_slide
from cellwright.jobs import run_inline
from cellwright.workflows.measuring import MeasureAnalyses

MODEL = "nuclei-stardist"


def test_analyze_gives_what_cellwright_gives(found: cw.Found, drawn: Labels) -> None:
    np.testing.assert_array_equal(drawn.data, found.labels())
    table = drawn.features
    assert table["index"].tolist() == list(range(1, len(found) + 1))
    assert table["uuid"].tolist() == found.objects.id_strings()
    np.testing.assert_allclose(table["score"], found.objects.scores)
    assert set(table["source"]) == {found.objects.source}
    assert drawn.metadata["counts with 95 % intervals"] == ["Nucleus 208 (181 to 238)"]
    assert drawn.metadata["coverage"] == found.coverage


def test_results_lie_on_the_picture(nuclei_layer: Image, drawn: Labels) -> None:
    assert tuple(drawn.scale) == tuple(nuclei_layer.scale)
    assert drawn.units == nuclei_layer.units
    assert drawn.axis_labels == nuclei_layer.axis_labels
    assert drawn.contour > 0


def test_boxes_lie_on_the_edges_of_pixels() -> None:
    path = cw.sample_picture("smear")
    image = Layer.create(*read_pictures(str(path))[0])
    (made,) = analyze(image, "blood-cells-yolo")
    layer = as_layer(made)
    assert isinstance(layer, Shapes)
    boxes = cw.analyze(path, "blood-cells-yolo").boxes
    # napari's pixel 0 reaches from -0.5 to 0.5, ours from 0 to 1.
    np.testing.assert_allclose([[*r.min(0), *r.max(0)] for r in layer.data], boxes - 0.5, atol=1e-3)
    objects, _ = objects_of(layer)
    np.testing.assert_allclose(objects.boxes, boxes, atol=1e-3)
    assert objects.masks is None


def test_a_layer_in_memory_is_analyzed_like_the_array(nuclei_path: Path) -> None:
    with open_slide(nuclei_path) as slide:
        from cellwright.core import Box, Region

        pixels = slide.read(Region(Box(0, 0, *slide.shape)))
    pixels = pixels if pixels.shape[2] == 3 else pixels[..., 0]
    image = Image(pixels, rgb=pixels.ndim == 3, name="from/elsewhere")
    (made,) = analyze(image, MODEL)
    direct = cw.analyze(pixels, MODEL)
    np.testing.assert_array_equal(made[0], direct.labels())


def test_a_scale_that_a_person_set_comes_before_the_file(nuclei_layer: Image) -> None:
    assert picture_of(nuclei_layer).pixel_size is None
    nuclei_layer.scale = (0.5, 0.5)
    said = picture_of(nuclei_layer).pixel_size
    assert said is not None
    assert (said.y_um, said.source.value) == (0.5, "user")


def test_a_plane_of_a_stack_is_analyzed_and_shown_alone(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "formats" / "CD_s_1_t_3_c_2_z_5.czi"
    image = Layer.create(*read_pictures(str(path))[0])
    pictured = picture_of(image, (2, 3))
    assert (pictured.ref.t, pictured.ref.z, pictured.ref.channels) == (2, 3, (0,))
    assert picture_of(image, (2, 3), every_channel=True).ref.channels is None
    (made,) = analyze(image, MODEL, plane=(2, 3))
    layer = as_layer(made)
    assert layer.data.shape == (1, 1, 170, 240)
    np.testing.assert_allclose(layer.translate, np.multiply((2, 3, 0, 0), image.scale))
    assert plane_shown(image, image.data_to_world((2, 3, 5, 5))) == (2, 3)
    with pytest.raises(BadParameter, match="2 axes before rows and columns"):
        picture_of(image, (0, 0, 1))


def test_measure_puts_into_the_features_what_cellwright_measures(
    found: cw.Found, drawn: Labels, nuclei_layer: Image
) -> None:
    table = measure(drawn, nuclei_layer, ["geometry", "intensity"])
    direct = run_inline(MeasureAnalyses((found.analysis,), ("geometry", "intensity")))
    for column in direct.columns:
        if column.name in ("picture",):
            continue
        values = drawn.features[column.name]
        if isinstance(column.values, np.ndarray):
            np.testing.assert_array_equal(values, column.values, err_msg=column.name)
        else:
            assert values.tolist() == list(column.values)
    assert table.attrs["units"]["area_um2"] == "µm²"
    assert drawn.features.columns[0] == "index"


def test_what_a_person_painted_is_measured_and_counted_too(drawn: Labels, nuclei_layer: Image) -> None:
    before = count(drawn)["count"].iloc[-1]
    drawn.data[:9, -9:] = drawn.data.max() + 5
    drawn.data[drawn.data == 3] = 0
    table = measure(drawn, nuclei_layer)
    assert len(table) == before  # one painted, one erased
    added = table.iloc[-1]
    assert added["score"] == 1.0
    assert (count(drawn)["count"].iloc[-1]) == before
    again, _ = objects_of(drawn)
    assert again.id_strings()[-1] == added["uuid"]  # the id stays the same


def test_count_gives_the_exact_intervals_of_the_command_line(found: cw.Found, drawn: Labels) -> None:
    counted, direct = count(drawn), found.counts_to_pandas()
    np.testing.assert_allclose(counted["count_low"], direct["count_low"])
    np.testing.assert_allclose(counted["per_mm2_high"], direct["per_mm2_high"])
    assert counted.attrs["complete"]


def test_layers_of_other_plugins_are_measured_and_counted() -> None:
    labels = np.zeros((60, 80), np.uint16)
    labels[5:15, 10:30] = 7
    labels[30:40, 40:50] = 9
    image = Image(np.full((60, 80), 100, np.uint8), scale=(0.5, 0.5), units=("um", "um"))
    layer = Labels(labels, scale=(0.5, 0.5), units=("um", "um"))
    table = measure(layer, image)
    assert table["index"].tolist() == [7, 9]
    assert table["area_um2"].tolist() == [50.0, 25.0]
    counted = count(layer)
    assert counted["count"].tolist() == [2, 2]
    assert counted["per_mm2"].iloc[0] == pytest.approx(2 / (60 * 80 * 0.25 / 1e6))


def test_shapes_that_a_person_drew_are_measured() -> None:
    image = Image(np.full((60, 80), 100, np.uint8))
    shapes = Shapes(
        [
            np.array([[9.5, 9.5], [9.5, 19.5], [29.5, 19.5], [29.5, 9.5]]),
            np.array([[30, 30], [30, 50], [50, 50], [50, 30]]),
        ],
        shape_type=["polygon", "ellipse"],
    )
    table = measure(shapes, image)
    assert table["area"].iloc[0] == 200
    assert table["area"].iloc[1] == pytest.approx(np.pi * 100, rel=0.04)
    assert len(shapes.features) == 2


def test_points_are_counted() -> None:
    layer = Points(np.random.default_rng(0).random((17, 2)) * 50)
    assert count(layer)["count"].iloc[-1] == 17


def test_an_image_holds_no_objects() -> None:
    image = Image(np.zeros((8, 8), np.uint8))
    with pytest.raises(BadParameter, match="holds no objects"):
        count(image)
    with pytest.raises(BadParameter, match="no objects to measure"):
        measure(Labels(np.zeros((8, 8), np.int32)), image)


def test_nothing_found_is_an_empty_layer() -> None:
    (made,) = analyze(Image(np.zeros((64, 64), np.uint8)), MODEL)
    layer = as_layer(made)
    assert not layer.data.any()
    assert count(layer)["count"].iloc[-1] == 0


def test_an_unknown_model_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnknownName, match="no-such-model"):
        analyze(Image(np.zeros((64, 64), np.uint8)), "no-such-model")


def test_many_boxes_are_drawn_as_squares(tmp_path: Path) -> None:
    from napari_cellwright import object_layers
    from napari_cellwright.placing import Placement

    analysis = cw.analyze(cw.sample_picture("smear")).analysis
    objects = analysis.objects
    many = objects.take(np.resize(np.arange(len(objects)), object_layers.MOST_SHAPES + 1))
    made = object_layers.layers_of_analysis(analysis.with_objects(many), Placement({"scale": (1.0, 1.0)}), 0.0)
    layer = as_layer(made[0])
    assert isinstance(layer, Points)
    again, _ = objects_of(layer)
    np.testing.assert_allclose(again.boxes, many.boxes, atol=1e-3)
