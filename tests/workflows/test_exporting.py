"""What leaves is what was found: the same objects in every format, in pixels and micrometres."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from cellwright.core import OutputExists, OutputNotWritable, PixelSize
from cellwright.datasets import read_dataset
from cellwright.measure import offered
from cellwright.workflows import (
    Analysis,
    ExportFormat,
    counts_table,
    export_analyses,
    notes,
    objects_table,
    planned_outputs,
)

Make = Callable[..., Analysis]
ALL = tuple(kind for kind in ExportFormat if not kind.needs_outlines)


def test_the_objects_table_is_right_by_hand(make_analysis: Make, half_micron: PixelSize) -> None:
    table = objects_table([make_analysis(pixel_size=half_micron)])
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows()]
    # The second object lies below the threshold of its class.
    assert [row["class"] for row in rows] == ["WBC", "RBC", "PLT"]
    first = rows[0]
    assert first["uuid"] == "00000000-0100-0000-0200-000003000000"
    assert (first["picture"], first["model"], first["model_sha256"]) == ("smear.png", "three-kinds", "ab" * 32)
    assert first["score"] == 0.9
    assert [first[f"bbox-{side}"] for side in range(4)] == [10, 20, 30, 60]
    assert [first[f"bbox-{side}_um"] for side in range(4)] == [5, 5, 15, 15]
    assert (first["centre-0"], first["centre-1"]) == (20, 40)
    assert (first["centre-0_um"], first["centre-1_um"]) == (10, 10)
    assert (first["area_bbox"], first["area_bbox_um2"]) == (800, 100)


def test_without_a_pixel_size_lengths_in_micrometres_are_empty(make_analysis: Make) -> None:
    table = objects_table([make_analysis()])
    for column in table.columns:
        if column.name.endswith(("_um", "_um2")):
            assert column.cells() == [None, None, None]


def test_every_column_with_a_unit_says_it_in_its_name_too(make_analysis: Make) -> None:
    suffix = {"µm": "_um", "µm²": "_um2", "%": "_percent", "mm²": "_mm2"}
    for table in (objects_table([make_analysis()]), counts_table([make_analysis()])):
        for column in table.columns:
            assert column.description
            if column.unit in suffix:
                assert column.name.endswith(suffix[column.unit])


def test_objects_have_the_names_under_which_they_are_measured(make_analysis: Make) -> None:
    table = objects_table([make_analysis()])
    declared = {column.key: column for column in offered().columns["geometry"]}
    named = [column for column in table.columns if column.unit.startswith(("px", "µm"))]
    assert len(named) == 14
    for column in named:
        meant = declared[column.name.removesuffix("_um").removesuffix("_um2")]
        assert column.name == meant.header(in_um=column.unit.startswith("µm"))
        assert column.description == meant.description


def test_the_counts_table_has_every_class_a_total_and_what_was_left_out(
    make_analysis: Make, half_micron: PixelSize
) -> None:
    table = counts_table([make_analysis(pixel_size=half_micron, failed=True)])
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows()]
    assert [(row["class"], row["count"]) for row in rows] == [("WBC", 1), ("RBC", 1), ("PLT", 1), ("all", 3)]
    # Half of 100 × 120 px of 0.5 × 0.25 µm was analysed: 750 µm².
    assert rows[0]["analysed_mm2"] == 0.00075
    assert rows[0]["per_mm2"] == pytest.approx(1 / 0.00075, abs=0.1)
    assert rows[0]["share_percent"] == 33.33 and rows[3]["share_percent"] is None
    assert (rows[0]["confidence"], rows[3]["confidence"]) == (0.5, None)
    assert rows[0]["complete"] is False
    assert "1 of 2 tiles could not be analysed" in str(rows[0]["coverage"])


def test_every_format_holds_the_same_objects(tmp_path: Path, make_analysis: Make, half_micron: PixelSize) -> None:
    analyses = [make_analysis(pixel_size=half_micron), make_analysis("=evil.png", n=0)]
    out = tmp_path / "out"
    written = export_analyses(analyses, out, ALL, with_pictures=True)
    assert set(written) == set(planned_outputs(out, ALL, [a.picture.name for a in analyses]))
    assert all(path.exists() for path in written)
    uuids = analyses[0].counted().id_strings()

    with (out / "objects.csv").open(encoding="utf-8", newline="") as stream:
        from_csv = list(csv.DictReader(stream))
    assert [row["uuid"] for row in from_csv] == uuids
    assert from_csv[0]["area_bbox_um2"] == "100.000"
    with (out / "counts.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["picture"] for row in csv.DictReader(stream)][4:] == ["'=evil.png"] * 4
    book = openpyxl.load_workbook(out / "results.xlsx")
    assert book.sheetnames == ["objects", "counts", "units", "methods"]
    assert [cell.value for cell in book["objects"]["A"]][1:] == uuids
    table = pq.read_table(out / "objects.parquet")
    assert table.column("uuid").to_pylist() == uuids
    np.testing.assert_array_equal(table.column("score").to_numpy(), analyses[0].counted().scores)
    for kind in ("coco", "yolo", "voc"):
        labelled, report = read_dataset(out / kind, kind, classes=("WBC", "RBC", "PLT"))
        assert report.is_clean and len(labelled) == 2
        boxes = max((p.boxes for p in labelled), key=len)
        np.testing.assert_allclose(boxes, analyses[0].counted().boxes, atol=0.01)
    names = sorted(path.name for path in (out / "overlays").iterdir())
    assert names == ["=evil.png", "smear.png"]
    drawn = np.asarray(Image.open(out / "overlays" / "smear.png"))
    assert tuple(drawn[10, 40]) == (0, 0x72, 0xB2) and drawn.shape[0] > 100


def test_notes_say_which_model_thresholds_pixel_size_and_coverage(make_analysis: Make, half_micron: PixelSize) -> None:
    text = "\n".join(notes([make_analysis(pixel_size=half_micron)], thresholds=(0.6, 0.5, 0.4)))
    for piece in ("ab" * 32, "WBC 0.60, RBC 0.50, PLT 0.40", "0.5 × 0.25 µm/px (user)", "All 2 tiles", "A note."):
        assert piece in text


def test_thresholds_given_here_decide_in_every_table(make_analysis: Make) -> None:
    analysis = make_analysis()
    assert len(objects_table([analysis], 0.05)) == 4
    assert len(objects_table([analysis], (0.95, 0.4, 0.3))) == 2
    assert counts_table([analysis], 0.05).column("count").cells() == [1, 2, 1, 4]


def test_nothing_is_written_if_anything_is_in_the_way(tmp_path: Path, make_analysis: Make) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.xlsx").write_text("mine")
    with pytest.raises(OutputExists, match=r"results\.xlsx already exists"):
        export_analyses([make_analysis()], out, ALL)
    assert [path.name for path in out.iterdir()] == ["results.xlsx"]
    export_analyses([make_analysis()], out, ALL, overwrite=True)
    assert openpyxl.load_workbook(out / "results.xlsx").sheetnames[0] == "objects"


def test_writing_again_over_an_export_replaces_all_of_it(tmp_path: Path, make_analysis: Make) -> None:
    out = tmp_path / "out"
    export_analyses([make_analysis(), make_analysis("b.png")], out, (ExportFormat.YOLO,))
    export_analyses([make_analysis("b.png")], out, (ExportFormat.YOLO,), overwrite=True)
    assert [path.name for path in (out / "yolo" / "labels").iterdir()] == ["b.txt"]


def test_an_output_that_is_a_file_on_the_way_is_one_sentence(tmp_path: Path, make_analysis: Make) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match="choose another folder"):
        export_analyses([make_analysis()], tmp_path / "file" / "out", (ExportFormat.CSV,))


def test_a_larger_picture_gets_a_smaller_overlay(
    tmp_path: Path, make_analysis: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellwright.workflows.overlays.OVERLAY_LONGEST_PX", 60)
    export_analyses([make_analysis()], tmp_path, (ExportFormat.OVERLAY,))
    drawn = np.asarray(Image.open(tmp_path / "overlays" / "smear.png"))
    assert drawn.shape[1] == 60
    assert tuple(drawn[5, 20]) == (0, 0x72, 0xB2)
