"""Sets that lie, are damaged or mean harm: one sentence or a line in the report each, and no file outside is opened."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cellwright.core import CellwrightError
from cellwright.datasets import ImportReport, LabelledSet, dataset_splits, read_dataset

SECRET = "secret"
EXAMPLES = 40

_opened: list[str] = []
_is_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _is_watching and event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        _opened.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_watch)  # tells of every file that is opened by whatever means; it cannot be taken away again


@contextlib.contextmanager
def nothing_opened_outside(folder: Path) -> Iterator[None]:
    """Fail if a file below `folder` is opened meanwhile."""
    global _is_watching
    _opened.clear()
    _is_watching = True
    try:
        yield
    finally:
        _is_watching = False
    outside = [path for path in _opened if path.startswith(os.path.realpath(folder) + os.sep)]
    assert not outside, outside


@contextlib.contextmanager
def a_place() -> Iterator[tuple[Path, Path]]:
    """Give a folder for a set, and beside it one whose picture and labels nobody may see."""
    with tempfile.TemporaryDirectory() as name:
        inside, outside = Path(name) / "set", Path(name) / "outside"
        for folder in (inside, outside):
            (folder / "images").mkdir(parents=True)
        Image.new("RGB", (50, 40)).save(outside / "images" / f"{SECRET}.png")
        (outside / f"{SECRET}.txt").write_text("0 0.5 0.5 0.1 0.1\n", encoding="utf-8")
        (outside / f"{SECRET}.xml").write_text("<annotation/>", encoding="utf-8")
        for letter in "ab":
            Image.new("RGB", (50, 40), (9, 9, ord(letter))).save(inside / "images" / f"{letter}.png")
        yield inside, outside


def read_safely(inside: Path, outside: Path, name: str = "auto") -> tuple[LabelledSet, ImportReport] | None:
    """Read a set; it is read or refused in a sentence, and what is read makes sense."""
    with nothing_opened_outside(outside):
        try:
            labelled, report = read_dataset(inside, name)
        except CellwrightError as error:
            said = str(error)
            assert said and "Traceback" not in said
            return None
        with contextlib.suppress(CellwrightError):
            dataset_splits(inside, name)
    for picture in labelled:
        assert picture.path.is_relative_to(inside.resolve())
        assert np.isfinite(picture.boxes).all()
        assert (picture.boxes[:, :2] < picture.boxes[:, 2:]).all() and (picture.boxes >= 0).all()
        assert (picture.boxes[:, 2:] <= picture.size).all()
        assert ((picture.class_index >= 0) & (picture.class_index < len(labelled.classes))).all()
        if picture.labels is not None:
            assert len(picture.labels.masks()) == len(picture)
    assert report.sentence()
    return labelled, report


def hostile(outside: Path) -> list[Any]:
    """Return values that stand where they should not."""
    return [
        None,
        True,
        -1,
        0,
        2**70,
        -(2**70),
        1e308,
        -1e308,
        float("nan"),
        float("inf"),
        "",
        "\0",
        "../outside/images/secret.png",
        "..\\outside\\images\\secret.png",
        str(outside / "images" / "secret.png"),
        "images/../../outside/images/secret.png",
        "/etc/passwd",
        "x" * 5000,
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
        [],
        {},
        [[]],
        [1, 2, 3, 4],
        [-5, -5, -10, -10],
        [float("nan")] * 4,
        [[0, 0, 1e9, 0, 1e9, 1e9]],
        {"size": [10**9, 10**9], "counts": [10**18]},
        {"size": [40, 50], "counts": "~~~~~~"},
        {"size": [40, 50], "counts": [2000, -1, 1]},
    ]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the document with another value at one place."""
    if not path:
        return value
    made = copy.deepcopy(document)
    target = made
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return made


COCO = {
    "images": [
        {"id": 1, "file_name": "images/a.png", "height": 40, "width": 50},
        {"id": 2, "file_name": "b.png", "height": 40, "width": 50},
    ],
    "categories": [{"id": 1, "name": "RBC"}, {"id": 2, "name": "WBC"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 12], "iscrowd": 0},
        {
            "id": 2,
            "image_id": 1,
            "category_id": 2,
            "bbox": [5, 5, 8, 8],
            "segmentation": [[5, 5, 13, 5, 13, 13, 5, 13]],
        },
        {"id": 3, "image_id": 2, "category_id": 1, "segmentation": {"size": [40, 50], "counts": [10, 5, 1985]}},
    ],
}
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "one",
            "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9], [1, 1]]]},
            "properties": {"classification": {"name": "RBC", "color": [1, 2, 3]}},
        },
        {
            "type": "Feature",
            "id": "two",
            "geometry": {"type": "MultiPolygon", "coordinates": [[[[20, 20], [30, 20], [30, 30]]]]},
            "properties": {"classification": {"names": ["RBC", "old"]}},
        },
    ],
}


@settings(max_examples=3 * EXAMPLES)
@given(st.data(), st.sampled_from([COCO, GEOJSON]))
def test_hostile_values_in_json(data: st.DataObject, document: dict[str, Any]) -> None:
    with a_place() as (inside, outside):
        for _ in range(data.draw(st.integers(1, 3))):
            value = data.draw(st.sampled_from(hostile(outside)))
            document = changed(document, data.draw(st.sampled_from(places(document))), value)
        name = "images/a.geojson" if document is GEOJSON or "features" in str(document)[:80] else "annotations.json"
        (inside / name).write_text(json.dumps(document), encoding="utf-8")
        read_safely(inside, outside, "qupath" if name.endswith("geojson") else "coco")


YOLO_YAML = "path: .\ntrain: images\nval: images\nnames: {0: RBC, 1: WBC}\n"
VOC_XML = """<annotation><filename>a.png</filename><size><width>50</width><height>40</height><depth>3</depth></size>
<object><name>RBC</name><difficult>0</difficult>
<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>"""
PIECES = (
    "../outside/images/secret.png",
    "../outside",
    "/etc/passwd",
    "nan",
    "inf",
    "-1",
    "1e999",
    "0",
    "9" * 40,
    "\0",
    "\n",
    "!!python/object/apply:os.system [id]",
    "&a [*a, *a]",
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "&e;",
    "<object>",
    "</annotation>",
    "é",
    ",",
    '"',
)


def mangled(data: st.DataObject, text: str) -> bytes:
    """Return a text cut, overwritten and with pieces put in."""
    content = bytearray(text.encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content)))
        how = data.draw(st.integers(0, 2))
        piece = data.draw(st.sampled_from(PIECES)).encode() if how else data.draw(st.binary(max_size=6))
        content[at : at + (len(piece) if how == 2 else 0)] = piece
    return bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_mangled_yolo(data: st.DataObject) -> None:
    with a_place() as (inside, outside):
        (inside / "labels").mkdir()
        (inside / "data.yaml").write_bytes(mangled(data, YOLO_YAML))
        (inside / "labels" / "a.txt").write_bytes(mangled(data, "0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.1 0.1\n"))
        (inside / "labels" / "b.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8")
        (inside / "manifest.csv").write_bytes(mangled(data, "file,split,group\na.png,train,g\nb.png,val,g\n"))
        read_safely(inside, outside, "yolo")


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_mangled_voc(data: st.DataObject) -> None:
    with a_place() as (inside, outside):
        for folder in ("Annotations", "ImageSets/Main"):
            (inside / folder).mkdir(parents=True)
        (inside / "Annotations" / "a.xml").write_bytes(mangled(data, VOC_XML))
        (inside / "Annotations" / "b.xml").write_text(VOC_XML.replace("a.png", "b.png"), encoding="utf-8")
        (inside / "ImageSets" / "Main" / "train.txt").write_bytes(mangled(data, "a\nb\n"))
        read_safely(inside, outside, "voc")


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_mangled_label_images(data: st.DataObject) -> None:
    with a_place() as (inside, outside):
        (inside / "labels").mkdir()
        labels = np.zeros((40, 50), np.uint8)
        labels[3:9, 4:20] = 1
        Image.fromarray(labels).save(inside / "labels" / "b.png")
        content = bytearray((inside / "labels" / "b.png").read_bytes())
        for _ in range(data.draw(st.integers(1, 6))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        (inside / "labels" / "a.png").write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
        read_safely(inside, outside, data.draw(st.sampled_from(["auto", "labels", "index"])))


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_mangled_cellpose_files(data: st.DataObject) -> None:
    with a_place() as (inside, outside):
        masks = np.zeros((40, 50), np.uint16)
        masks[3:9, 4:20] = 1
        for letter in "ab":
            content = {"masks": masks, "filename": str(outside / "images" / "secret.png"), "flows": [masks, []]}
            np.save(inside / "images" / f"{letter}_seg.npy", content, allow_pickle=True)  # type: ignore[arg-type]
        path = inside / "images" / "a_seg.npy"
        content_bytes = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 6))):
            content_bytes[data.draw(st.integers(0, min(600, len(content_bytes) - 1)))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(content_bytes[: data.draw(st.integers(0, len(content_bytes)))]))
        read_safely(inside, outside)


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_mangled_json_text(data: st.DataObject) -> None:
    with a_place() as (inside, outside):
        (inside / "annotations.json").write_bytes(mangled(data, json.dumps(COCO)))
        (inside / "images" / "a.geojson").write_bytes(mangled(data, json.dumps(GEOJSON)))
        read_safely(inside, outside, data.draw(st.sampled_from(["coco", "qupath"])))


BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
)


@pytest.mark.parametrize(
    "bomb",
    [
        BILLION_LAUGHS + "]><annotation>&m;</annotation>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "../../outside/secret.xml">]><annotation>&e;</annotation>',
        '<!DOCTYPE x [<!ENTITY % e SYSTEM "../../outside/secret.xml"> %e;]><annotation/>',
        "<annotation>" * 100_000,
    ],
)
def test_xml_that_unfolds_or_reaches_out_is_left_out(bomb: str) -> None:
    with a_place() as (inside, outside):
        (inside / "Annotations").mkdir()
        (inside / "Annotations" / "a.xml").write_text(bomb, encoding="utf-8")
        (inside / "Annotations" / "b.xml").write_text(VOC_XML.replace("a.png", "b.png"), encoding="utf-8")
        found = read_safely(inside, outside, "voc")
        assert found is not None and len(found[0]) == 1 and found[1].pictures_left_out == 1


@pytest.mark.parametrize("name", ["images/link.png", "labels/link.txt", "Annotations/link.xml", "images/link_seg.npy"])
def test_links_that_lead_out_are_not_followed(name: str) -> None:
    with a_place() as (inside, outside):
        path = inside / name
        path.parent.mkdir(exist_ok=True)
        target = outside / "images" / "secret.png" if path.suffix == ".png" else outside / f"{SECRET}{path.suffix}"
        path.symlink_to(target)
        (inside / "data.yaml").write_text(YOLO_YAML, encoding="utf-8")
        for each in ("yolo", "voc", "labels", "cellpose", "qupath", "coco"):
            read_safely(inside, outside, each)


def test_deep_nesting_ends_in_a_sentence() -> None:
    with a_place() as (inside, outside):
        (inside / "annotations.json").write_text('{"images": ' + "[" * 200_000, encoding="utf-8")
        (inside / "images" / "a.geojson").write_text("[" * 200_000, encoding="utf-8")
        (inside / "data.yaml").write_text("names: " + "[" * 3_000, encoding="utf-8")
        for name in ("coco", "qupath", "yolo"):
            assert read_safely(inside, outside, name) is None
