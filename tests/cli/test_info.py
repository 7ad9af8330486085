"""``cellwright info``: what files say of themselves, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest  # noqa: TC002 - as in every test module

from cellwright.cli.main import Exit, main
from tests.imaging.samples import scene
from tests.imaging.slide_samples import write_czi_mosaic, write_svs


def test_a_slide_says_what_it_knows_of_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_svs(tmp_path / "slide.svs", scene(480, 720), mpp=2.5, app_mag=40)
    assert main(["info", str(path)]) == Exit.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert "720 × 480 px" in said
    assert "2.5 µm, Aperio MPP, but with 40× about 0.25 µm/px would be expected" in said
    assert "720 × 480, 180 × 120" in said
    assert "thumbnail, label, macro" in said


def test_every_picture_of_a_file_is_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_czi_mosaic(tmp_path / "mosaic.czi")
    assert main(["info", "--json", str(tmp_path)]) == Exit.DONE
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [picture["name"] for picture in said["pictures"]] == ["mosaic.czi · upper", "mosaic.czi · lower"]
    assert said["pictures"][0]["levels"] == [{"height_px": 300, "width_px": 410}, {"height_px": 150, "width_px": 205}]
    assert said["pictures"][0]["pixel_size_um"] == {"y": 0.5, "x": 0.5, "source": "tag"}
    assert said["left_out"] == []


def test_a_file_that_cannot_be_opened_does_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.czi").write_bytes(b"ZISRAWFILE" + bytes(50))
    write_svs(tmp_path / "slide.svs", scene(240, 240), levels=1)
    assert main(["info", str(tmp_path)]) == Exit.INCOMPLETE
    said = capsys.readouterr()
    assert "240 × 240 px" in said.out
    assert "Left out" in said.err
    assert "broken.czi" in said.err
