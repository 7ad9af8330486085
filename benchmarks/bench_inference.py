"""From pixels to boxes on every engine here, beside plain torch in float32; from picture files to outlines."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, milliseconds
from cellwright.core import Box
from cellwright.inference import DetectOptions, Frame, Predictor, View, decoder_of, open_predictor, plan_view, warm
from cellwright.inference.openvino_engine import is_installed
from cellwright.inference.view import resized, shown
from cellwright.zoo import ModelCard, find_model, load_card, load_network

MODEL = os.environ.get("CELLWRIGHT_BENCH_MODEL", "blood-cells-yolo")
SAMPLE = Path(__file__).resolve().parents[1] / "resources" / "samples" / "smear.png"
SMEAR = (480, 640)
BARS = {416: 15.0, 640: 24.0}
OUTLINES = {
    "nuclei-stardist": ((2048, 2048), 500.0),
    "nuclei-unet": ((512, 512), 140.0),
    "cells-maskrcnn": ((480, 640), 400.0),
    "chest-unet": ((512, 512), 140.0),
}
"""Models that outline, rows and columns of the drawn picture that each is timed on, and the bar in milliseconds."""


def sample_pixels() -> NDArray[np.uint8]:
    """Return the sample smear as (480, 640, 3) uint8, the size of most smears on record."""
    from PIL import Image

    with Image.open(SAMPLE) as image:
        return np.array(resized(np.asarray(image.convert("RGB")), SMEAR))


def view_at(card: ModelCard, side: int) -> View:
    """Return how the smear is shown when its long side is fitted to `side` pixels."""
    return plan_view(SMEAR, None, card.input.model_copy(update={"tile_px": side}))


def analyse(pixels: NDArray[np.uint8], view: View, predictor: Predictor) -> int:
    """Do all that `detect` does with the pixels of a smear; return how many objects there are."""
    return settled(predictor.predict(shown(pixels, view)[None])[0], view, predictor.card)


def settled(raw: NDArray[np.float32], view: View, card: ModelCard) -> int:
    """Turn the raw answer to a smear into objects; return how many there are."""
    cut = DetectOptions().cut(card)
    decoder = decoder_of(card, Frame(view, Box(0, 0, *SMEAR)), cut)
    return len(decoder.look(raw, view.tiles[0]).objects(cut.nms_iou))


def plain_torch(card: ModelCard, folder: Path, view: View) -> Callable[[NDArray[np.uint8]], int]:
    """Return the same work as one writes it with torch and torchvision alone: eager, float32."""
    import torch
    from torchvision.ops import batched_nms

    network = load_network(folder, card)
    height, width = view.content_shape(view.tiles[0])
    low = (0, view.input_shape[1] - width, 0, view.input_shape[0] - height)

    @torch.inference_mode()
    def answer(pixels: NDArray[np.uint8]) -> int:
        image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        fitted = torch.nn.functional.interpolate(image, (height, width), mode="bilinear", antialias=True)
        padded = torch.nn.functional.pad(fitted, low, value=114).float().div_(255)
        raw = network.predict(padded)[0]  # type: ignore[operator]
        scores, kinds = raw[:, 4:].max(1)
        rows = scores >= card.thresholds.floor
        return len(batched_nms(raw[rows, :4], scores[rows], kinds[rows], card.thresholds.nms_iou))

    return answer


def first_use(folder: Path) -> tuple[float, float]:
    """Return the seconds to the first answer of a fresh process: with nothing kept from before, and after that."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from pathlib import Path\n"
        "from benchmarks.bench_inference import *\n"
        f"predictor = open_predictor(Path({str(folder)!r}))\n"
        "view = view_at(predictor.card, predictor.card.input.tile_px)\n"
        "analyse(sample_pixels(), view, predictor)\n"
        "print(time.perf_counter() - start)\n"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"CELLWRIGHT_CACHE_DIR": cache}
        command = [sys.executable, "-c", code]
        first, later = (
            float(
                subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()[-1]
            )
            for _ in range(2)
        )
    return first, later


def run() -> list[Row]:
    """Time a smear of 640×480 pixels, shown at 416 and 640 and at the model's own size."""
    folder = find_model(MODEL)
    card = load_card(folder)
    pixels = sample_pixels()
    warm()
    best = open_predictor(folder)
    rows = []
    for side in sorted({416, 640, card.input.tile_px}):
        view = view_at(card, side)
        plain = plain_torch(card, folder, view)
        theirs = milliseconds(lambda plain=plain: plain(pixels), 30, 5)  # type: ignore[misc]
        ours = milliseconds(lambda view=view: analyse(pixels, view, best), 100, 10)  # type: ignore[misc]
        note = f"{best.engine}; beside it torch eager float32, in the same run"
        own = " (the model's own size)" if side == card.input.tile_px else ""
        rows.append(Row(f"pixels to boxes at {side}{own}", ours, theirs, note=note, bar=BARS.get(side)))
    rows += [*_engines(folder, card, pixels), *_parts(card, pixels, best), *_first_use(folder)]
    return rows + [row for name in OUTLINES for row in outlines(name)]


def outlines(name: str) -> list[Row]:
    """Time a model that outlines on a drawn picture of nuclei, from the file to the objects; no rows without it."""
    import tifffile

    from cellwright.core import UnknownName
    from cellwright.inference import detect_file
    from cellwright.testing.nuclei import Nuclei

    try:
        predictor = open_predictor(name)
    except UnknownName:
        return []
    shape, bar = OUTLINES[name]
    nuclei = Nuclei(1, shape)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nuclei.tif"
        tifffile.imwrite(path, nuclei.read(nuclei.box))
        predictor.warm((predictor.card.input.tile_px,) * 2)
        taken = milliseconds(lambda: detect_file(path, predictor), 7, 2)
        count = len(detect_file(path, predictor).objects)
    predictor.close()
    said = f"{predictor.engine}; a drawn picture of nuclei, file to {count:,} outlined objects, all included"
    return [Row(f"{name}, {shape[1]}×{shape[0]}", taken, note=said, bar=bar)]


def _engines(folder: Path, card: ModelCard, pixels: NDArray[np.uint8]) -> list[Row]:
    view = view_at(card, card.input.tile_px)
    rows = []
    openvino = ("cpu:openvino-bf16", "cpu:openvino-f32") if is_installed() else ()
    for device in (*openvino, "cpu:torch-bf16", "cpu:torch-fp32"):
        predictor = open_predictor(folder, device)
        taken = milliseconds(lambda predictor=predictor: analyse(pixels, view, predictor), 20, 5)  # type: ignore[misc]
        rows.append(Row(f"the same at {card.input.tile_px} on {device}", taken, note=predictor.engine))
        predictor.close()
    return rows


def _parts(card: ModelCard, pixels: NDArray[np.uint8], predictor: Predictor) -> list[Row]:
    view = view_at(card, card.input.tile_px)
    image = shown(pixels, view)[None]
    raw = predictor.predict(image)[0]
    return [
        Row("of which: resize and pad", milliseconds(lambda: shown(pixels, view), 50)),
        Row("of which: the network", milliseconds(lambda: predictor.predict(image), 50)),
        Row("of which: boxes", milliseconds(lambda: settled(raw, view, card), 50)),
    ]


def _first_use(folder: Path) -> list[Row]:
    first, later = first_use(folder)
    return [
        Row("first answer ever, from process start", first, unit="s", note="torch loaded, network converted and kept"),
        Row("first answer of a later process", later, unit="s", note="converted network read, no torch"),
    ]
