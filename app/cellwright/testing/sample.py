"""The bundled sample smear: which one it is, and the command that draws it anew.

``python -m cellwright.testing.sample --out resources/samples/smear.png``
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from cellwright.testing.smear import Smear

SAMPLE = Smear(seed=391, shape=(600, 800), red_cell_px=92.0, white_share=0.075, platelet_share=0.14)
"""The bundled sample: more white cells than a healthy person has, so that there is something of each class."""


def write_sample(path: Path) -> Iterator[Path]:
    """Draw `SAMPLE` as a PNG that carries its pixel size, and its cells as JSON beside it; yield both paths."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    path.parent.mkdir(parents=True, exist_ok=True)
    about = PngInfo()
    about.add_text("Software", "Cellwright: python -m cellwright.testing.sample")
    per_inch = 25_400.0 / SAMPLE.pixel_size_um
    picture = Image.fromarray(SAMPLE.read(SAMPLE.box))
    picture.save(path, optimize=True, pnginfo=about, dpi=(per_inch, per_inch))
    yield path
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(_as_json(SAMPLE), indent=1) + "\n", encoding="utf-8")
    yield beside


def _as_json(smear: Smear) -> dict[str, object]:
    truth = smear.truth()
    return {
        "what": "Every cell of the drawn sample smear; boxes are y0, x0, y1, x1 in pixels.",
        "seed": smear.seed,
        "shape": list(smear.shape),
        "pixel_size_um": round(smear.pixel_size_um, 6),
        "classes": list(truth.classes),
        "counts": dict(zip(truth.classes, truth.counts().tolist(), strict=True)),
        "objects": [
            {"id": name, "class": truth.classes[index], "box": [round(float(side), 1) for side in box]}
            for name, index, box in zip(truth.id_strings(), truth.class_index, truth.boxes, strict=True)
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the bundled sample anew."""
    parser = argparse.ArgumentParser(prog="python -m cellwright.testing.sample", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write; the cells go beside it as JSON")
    list(write_sample(parser.parse_args(arguments).out))


if __name__ == "__main__":
    main()
