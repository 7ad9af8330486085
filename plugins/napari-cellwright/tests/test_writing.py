"""What napari saves through Cellwright is what Cellwright writes, and is read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels, Layer, Shapes
from napari_cellwright.reading import read_outlines
from napari_cellwright.writing import write_features, write_labels, write_shapes

import cellwright as cw
from cellwright.core import BadParameter
from cellwright.imaging import open_slide

MODEL = "nuclei-stardist"


def _saved(layer: Layer, path: Path) -> list[str]:
    data, properties, kind = layer.as_layer_data_tuple()
    return {"labels": write_labels, "shapes": write_shapes}[kind](str(path), data, properties)


@pytest.mark.parametrize("ending", ["tif", "ome.tif", "geojson", "zip", "png", "ome.zarr"])
def test_labels_are_written_as_by_the_command_line(drawn: Labels, found: cw.Found, tmp_path: Path, ending: str) -> None:
    (written,) = _saved(drawn, tmp_path / f"nuclei.{ending}")
    assert Path(written).exists()
    kinds = {"tif": "labels", "ome.tif": "ome-tiff", "zip": "roi", "png": "index-png", "ome.zarr": "ome-zarr"}
    kind = kinds.get(ending, ending)
    found.save(tmp_path / "direct", kind)
    (direct,) = (tmp_path / "direct" / kind).iterdir()
    if ending in ("tif", "png", "geojson"):
        assert direct.read_bytes() == Path(written).read_bytes()


def test_a_label_image_keeps_its_pixel_size(drawn: Labels, tmp_path: Path) -> None:
    (written,) = _saved(drawn, tmp_path / "nuclei.ome.tif")
    with open_slide(written) as slide:
        assert slide.pixel_size is not None
        assert slide.pixel_size.y_um == pytest.approx(drawn.scale[0])


def test_shapes_go_out_as_outlines_and_come_back(tmp_path: Path) -> None:
    ring = np.array([[9.5, 9.5], [9.5, 29.5], [39.5, 29.5], [39.5, 9.5]])
    layer = Shapes([ring, ring + 50], shape_type="polygon", features=pd.DataFrame({"class": ["a", "b"]}))
    (written,) = _saved(layer, tmp_path / "drawn.geojson")
    ((data, said, _),) = read_outlines(written)
    assert said["features"]["class"].tolist() == ["a", "b"]
    np.testing.assert_allclose([r.min(0) for r in data], [[9.5, 9.5], [59.5, 59.5]])
    assert write_shapes(str(tmp_path / "drawn.zip"), *layer.as_layer_data_tuple()[:2])


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_features_are_written_as_a_table(drawn: Labels, tmp_path: Path, ending: str) -> None:
    data, properties, _ = drawn.as_layer_data_tuple()
    (written,) = write_features(str(tmp_path / f"cells.{ending}"), data, properties)
    read = pd.read_csv(written) if ending == "csv" else pd.read_excel(written, sheet_name="objects")
    assert read["uuid"].tolist() == drawn.features["uuid"].tolist()


def test_what_cannot_be_written_is_told_in_a_sentence(drawn: Labels, tmp_path: Path) -> None:
    data, properties, _ = drawn.as_layer_data_tuple()
    with pytest.raises(BadParameter, match=r"nuclei\.doc"):
        write_labels(str(tmp_path / "nuclei.doc"), data, properties)
    with pytest.raises(BadParameter, match=r"neither \.csv nor \.xlsx"):
        write_features(str(tmp_path / "cells.txt"), data, properties)
    with pytest.raises(BadParameter, match="no features"):
        write_features(str(tmp_path / "cells.csv"), data, {"name": "empty"})
    stack = Labels(np.zeros((3, 8, 9), np.int32))
    with pytest.raises(BadParameter, match="is a stack"):
        _saved(stack, tmp_path / "stack.tif")
