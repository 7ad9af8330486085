"""What teaching brings: the four bars of fine-tuning, measured on real pictures.

Each bar is run with fixed seeds through the operations that window and command line use, and printed as a line of JSON:
scores before and after, wall time, and processor seconds, which say what two free cores would need.

    python -m benchmarks.teaching_bars DATA [--bars a,b,c,d] [--threads N] [--trials N]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cellwright.evaluate import CELL_MAX_DETECTIONS, PictureDetections, PictureTruth, score_detections
from cellwright.imaging import content_sha256
from cellwright.jobs import run_inline
from cellwright.shapes import masks_from_labels
from cellwright.training.lesson import ClassLook, Lesson, LessonPicture
from cellwright.training.tune import Tune
from cellwright.workflows import AnalyzePicture
from cellwright.workflows.gate import judge
from cellwright.zoo import find_model, load_card

CORES = 2
NEW = "EOS"


@contextmanager
def clocked(words: dict[str, Any]) -> Iterator[None]:
    """Write down wall time and processor seconds, those of helpers among them."""
    wall, cpu = time.perf_counter(), _processor_seconds()
    yield
    words["wall_s"] = round(time.perf_counter() - wall, 1)
    words["cpu_s"] = round(_processor_seconds() - cpu, 1)
    words["on_two_cores_s"] = round(words["cpu_s"] / CORES, 1)


def _processor_seconds() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def phase_pictures(data: Path, split: str, count: int | None = None) -> tuple[LessonPicture, ...]:
    """Return pictures of phase_t98g as if somebody had outlined every cell on them."""
    from PIL import Image

    made = []
    for path in sorted((data / "phase_t98g" / split / "images").glob("*.png"))[:count]:
        labels = np.asarray(Image.open(path.parent.parent / "labels" / path.name)).astype(np.int32)
        masks, _ = masks_from_labels(labels)
        kinds = np.zeros(len(masks), np.int64)
        made.append(LessonPicture(path, content_sha256(path), labels.shape, masks.boxes(), kinds, masks))
    return tuple(made)


def phase_lesson(data: Path, count: int) -> Lesson:
    """Return `count` corrected pictures to learn from and the five of val to be judged on."""
    return Lesson(("nucleus",), phase_pictures(data, "train", count), phase_pictures(data, "val"))


def taught(lesson: Lesson, folder: Path, model: str, **choices: Any) -> Path:
    """Teach and return the tuned model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lesson.save(folder)
    trained = run_inline(Tune(folder, model, folder, "taught", device="cpu", **choices))
    assert trained.model is not None
    return trained.model


def bar_outlines(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure (a): nuclei-stardist and 5 corrected pictures of phase contrast: AP at 0.5 rises by 0.25 in 5 minutes."""
    words: dict[str, Any] = {"bar": "a", "wanted": "ap_50 +0.25 within 300 s on two cores"}
    lesson = phase_lesson(data, 5)
    with clocked(words):
        model = taught(lesson, out / "a", "nuclei-stardist", **_limits(options, 5.0, 600))
        verdict = judge(find_model("nuclei-stardist"), model, lesson.held_out, lesson.classes, device="cpu")
    return words | {
        "before": verdict.gain.old,
        "after": verdict.gain.tuned,
        "is_better": verdict.is_better,
        "sentence": verdict.sentence,
    }


def bar_first(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure (b): about 200 corrected objects, the answering part alone: a better model in use within 60 seconds."""
    words: dict[str, Any] = {"bar": "b", "wanted": "better within 60 s on two cores"}
    lesson = phase_lesson(data, 4)
    words["objects"] = lesson.objects
    with clocked(words):
        model = taught(lesson, out / "b", "nuclei-stardist", layers="head", **_limits(options, 0.7, 130))
        verdict = judge(find_model("nuclei-stardist"), model, lesson.held_out, lesson.classes, device="cpu")
    return words | {"before": verdict.gain.old, "after": verdict.gain.tuned, "is_better": verdict.is_better}


def blood_pictures(data: Path) -> list[tuple[LessonPicture, str, str]]:
    """Return every picture of blood_txl_pbc with its split and, where known, the kind of its white cell.

    White cells of pictures of eosinophils are of the new class.
    """
    root = data / "blood_txl_pbc"
    rows = list(csv.DictReader((root / "manifest.csv").open(encoding="utf-8")))
    made = []
    for row in rows:
        path = next((root / "images").rglob(row["file"]))
        label = next((root / "labels").rglob(f"{Path(row['file']).stem}.txt"))
        size = int(row["height"]), int(row["width"])
        table = np.loadtxt(label, ndmin=2).reshape(-1, 5)
        kinds = table[:, 0].astype(np.int64)
        if row["pbc_class"] == "eosinophil":
            kinds = np.where(kinds == 0, 3, kinds)
        centre, half = table[:, [2, 1]] * size, table[:, [4, 3]] * size / 2
        boxes = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
        picture = LessonPicture(path, row["file"], size, boxes, kinds)
        made.append((picture, row["split"], row["pbc_class"]))
    return made


def bar_new_class(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure (c): blood-cells-yolo learns eosinophils from 20 corrected pictures and forgets nothing.

    The set that the model was first taught with is replayed, where eosinophils are still called white cells. The new
    class is judged on the unseen pictures of which the kind of white cell is known, four in five of them others.
    """
    words: dict[str, Any] = {"bar": "c", "wanted": f"AP@0.5 of {NEW} >= 0.7, first three lose <= 0.01 mAP"}
    every = blood_pictures(data)
    known = [each for each in every if each[1] == "train" and each[2]]
    order = np.random.default_rng(0).permutation(len(known))
    eos = [known[i][0] for i in order if known[i][2] == "eosinophil"][: options.eosinophils]
    others = [known[i][0] for i in order if known[i][2] != "eosinophil"][: 20 - len(eos)]
    val = [each for each in every if each[1] == "val"]
    classes = (*load_card(find_model("blood-cells-yolo")).class_names, NEW)
    lesson = Lesson(classes, tuple(eos + others), (), looks=(ClassLook(NEW, "Eosinophil", "#CC79A7"),))
    words["corrected"] = {"pictures": len(lesson.taught), "objects": lesson.objects_by_class}
    with clocked(words):
        model = taught(
            lesson,
            out / "c",
            "blood-cells-yolo",
            replay=data / "blood_txl_pbc",
            **_limits(options, options.minutes or 10.0, options.steps or 400),
        )
    base = find_model("blood-cells-yolo")
    # The new class where a subtype is known; the old ones where nothing is called by the new name.
    typed = [picture for picture, _, kind in val if kind]
    plain = [replace(p, kinds=np.where(p.kinds == 3, 0, p.kinds)) for p, _, kind in val if kind != "eosinophil"]
    new = _scores(model, typed, classes)
    before, after = _scores(base, plain, classes[:3]), _scores(model, plain, classes[:3])
    keys = ("map_50", "map_50_95")
    return words | {
        "new_class_ap_50": new["per_class"][NEW],
        "new_class_pictures": sum(kind == "eosinophil" for _, _, kind in val),
        "first_three_before": {key: before[key] for key in keys},
        "first_three_after": {key: after[key] for key in keys},
        "lost_map_50": before["map_50"] - after["map_50"],
        "lost_map_50_95": before["map_50_95"] - after["map_50_95"],
    }


def _scores(model: Path, pictures: list[LessonPicture], classes: tuple[str, ...]) -> dict[str, Any]:
    found, truths = [], []
    for picture in pictures:
        objects = run_inline(AnalyzePicture(picture.path, model, "cpu", floor=0.001, every_class=True)).objects
        kept = objects.class_index < len(classes)
        found.append(PictureDetections(objects.boxes[kept], objects.class_index[kept], objects.scores[kept]))
        truths.append(PictureTruth(picture.boxes, picture.kinds))
    scores = score_detections(found, truths, classes, max_detections=CELL_MAX_DETECTIONS)
    per_class = dict(zip(classes, scores.ap_50().tolist(), strict=True))
    return {"map_50": scores.map_50, "map_50_95": scores.map_50_95, "per_class": per_class}


def bar_refused(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure (d): taught on labels that were exchanged among the pictures and moved: refused every time."""
    words: dict[str, Any] = {"bar": "d", "wanted": "refused in every trial", "trials": options.trials}
    lesson = phase_lesson(data, 4)
    before = find_model("nuclei-stardist")
    sentences, taken = [], 0
    with clocked(words):
        for trial in range(options.trials):
            wrong = lesson.shuffled(trial)
            choices = _limits(options, 1.0, 24) | {"layers": "head", "seed": trial}
            model = taught(wrong, out / f"d{trial}", "nuclei-stardist", **choices)
            verdict = judge(before, model, lesson.held_out, lesson.classes, device="cpu", seed=trial)
            taken += verdict.is_better
            sentences.append([round(verdict.gain.old, 4), round(verdict.gain.tuned, 4)])
    return words | {"taken": taken, "scores": sentences}


def _limits(options: argparse.Namespace, minutes: float, steps: int) -> dict[str, Any]:
    """By the clock as a person would, or by steps, so that other work on the machine changes nothing."""
    own = {"threads": options.threads, "workers": options.workers}
    return own | ({"minutes": minutes} if options.clock == "wall" else {"minutes": 600.0, "steps": steps})


BARS = {"a": bar_outlines, "b": bar_first, "c": bar_new_class, "d": bar_refused}


def main() -> None:
    """Measure and print."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("data", type=Path)
    made.add_argument("--bars", default=",".join(BARS))
    made.add_argument("--clock", choices=("wall", "steps"), default="wall")
    made.add_argument("--threads", type=int, default=os.cpu_count())
    made.add_argument("--workers", type=int, default=1)
    made.add_argument("--trials", type=int, default=20)
    made.add_argument("--eosinophils", type=int, default=20)
    made.add_argument("--minutes", type=float)
    made.add_argument("--steps", type=int)
    options = made.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.bars.split(","):
            words = BARS[name](options.data, Path(folder), options)
            print(json.dumps(words, default=float), flush=True)  # noqa: T201 - a program of its own


if __name__ == "__main__":
    main()
