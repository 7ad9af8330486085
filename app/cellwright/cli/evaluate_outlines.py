"""The tables of ``cellwright evaluate`` for models that outline objects or sort pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from cellwright.cli.console import print_table, say
from cellwright.evaluate import AREA_EDGES, InstanceScores
from cellwright.workflows import OutlineEvaluation, OutlineScores, PictureOutline

_SHOWN_OVERLAPS = (0.5, 0.7, 0.9)
_OBJECT_COLUMNS = ["True", "Found", *(f"AP@{iou}" for iou in _SHOWN_OVERLAPS), "AP@0.5:0.9", "F1@0.5", "PQ", "AJI"]
_PIXEL_COLUMNS = ["Dice", "IoU"]


def print_outlines(evaluation: OutlineEvaluation, *, per_picture: bool) -> None:
    """Print the scores by class, by kind, and of the worst pictures or of all."""
    tells_objects = evaluation.scores.objects is not None
    columns = (_OBJECT_COLUMNS if tells_objects else []) + _PIXEL_COLUMNS
    print_table(_title(evaluation), ["Class", *columns], _class_rows(evaluation.scores))
    header = ["Class", *_mean_columns(tells_objects=tells_objects)]
    print_table("Means over pictures", header, _mean_rows(evaluation.scores))
    kinds = evaluation.scores.by_kind()
    if kinds:
        rows = [[f"{kind} ({len(part)})", *row] for kind, part in kinds.items() for row in _mean_rows(part)]
        header = ["Kind", "Class", *_mean_columns(tells_objects=tells_objects)]
        print_table("Means over pictures, by kind", header, rows, left=2)
    _print_sizes(evaluation.scores)
    _print_ratio(evaluation.scores)
    _print_pictures("Worst pictures", list(evaluation.worst))
    if per_picture:
        _print_pictures("Every picture", evaluation.scores.pictures())


def _title(evaluation: OutlineEvaluation) -> str:
    scores = evaluation.scores
    split = f", split {evaluation.split}" if evaluation.split else ""
    title = f"{evaluation.card.name} on {evaluation.data}{split}: {len(scores)} pictures"
    if evaluation.mask_scores is not None:
        means = number(evaluation.mask_scores.map_50), number(evaluation.mask_scores.map_50_95)
        title += f", mask mAP@0.5 {means[0]}, mask mAP@0.5:0.95 {means[1]}"
    return f"{title}, {scores.pixels.accuracy:.1%} of all pixels right"


def _class_rows(scores: OutlineScores) -> Iterator[list[str]]:
    pixels = scores.pixels
    for c, name in enumerate(pixels.classes):
        objects = _pooled(scores.by_class[c]) if scores.by_class else []
        yield [name, *objects, number(pixels.dice[c]), number(pixels.iou[c])]
    if scores.objects is not None and len(pixels.classes) > 1:
        yield ["any", *_pooled(scores.objects), "", ""]


def _pooled(objects: InstanceScores) -> list[str]:
    overlaps = [number(objects.ap[objects.threshold_row(iou)]) for iou in _SHOWN_OVERLAPS]
    rest = [objects.over(objects.ap), objects.f1[0], objects.panoptic_quality[0], objects.aji]
    return [f"{objects.true.sum():,}", f"{objects.found.sum():,}", *overlaps, *map(number, rest)]


def _mean_columns(*, tells_objects: bool) -> list[str]:
    return ([*_OBJECT_COLUMNS[2:], "Count error"] if tells_objects else []) + _PIXEL_COLUMNS


def _mean_rows(scores: OutlineScores) -> Iterator[list[str]]:
    pixels = scores.pixels
    for c, name in enumerate(pixels.classes):
        objects = _means(scores.by_class[c]) if scores.by_class else []
        yield [name, *objects, number(pixels.mean_dice[c]), number(pixels.mean_iou[c])]


def _means(objects: InstanceScores) -> list[str]:
    overlaps = [number(objects.mean_ap[objects.threshold_row(iou)]) for iou in _SHOWN_OVERLAPS]
    rest = [objects.over(objects.mean_ap), objects.mean_f1[0], objects.mean_pq[0], objects.mean_aji]
    error = "–" if math.isnan(objects.count_error) else f"{objects.count_error:.1%}"
    return [*overlaps, *map(number, rest), error]


def _print_sizes(scores: OutlineScores) -> None:
    """Say how the smallest objects weigh: people mark specks of a few pixels, or do not."""
    if scores.objects is None:
        return
    names = [f"{low:,} to {high:,} px" for low, high in pairwise((*AREA_EDGES, math.inf))]
    names[-1] = f"{AREA_EDGES[-1]:,} px and more"
    for kind, part in {"": scores, **scores.by_kind()}.items():
        if part.objects is None:
            continue
        objects = part.objects
        columns = objects.true_by_area.sum(axis=0), objects.recall_by_area, objects.ap_from_area
        rows = [
            [name, f"{true:,}", number(recall), number(ap)]
            for name, true, recall, ap in zip(names, *columns, strict=True)
        ]
        title = "By the area of true objects" + (f", {kind}" if kind else "")
        print_table(title, ["Area", "True", "Recall@0.5", "AP@0.5 from here"], rows)


def _print_ratio(scores: OutlineScores) -> None:
    if scores.ratios is None:
        return
    parts = {"all": scores, **scores.by_kind()}
    said = ", ".join(f"{name} {number(part.ratio_error)}" for name, part in parts.items())
    missing = f"; not measurable on {scores.ratios_missing} pictures" if scores.ratios_missing else ""
    say(f"Cardiothoracic ratio, mean absolute error: {said}{missing}.")


def _print_pictures(title: str, pictures: list[PictureOutline]) -> None:
    if not pictures:
        return
    names = list(pictures[0].values)
    rows = [
        [picture.path.name, picture.kind or "–", *(_short(name, picture.values[name]) for name in names)]
        for picture in pictures
    ]
    print_table(title, ["Picture", "Kind", *map(_heading, names)], rows, left=2)


def _heading(name: str) -> str:
    known = {"ap_50": "AP@0.5", "ap_50_90": "AP@0.5:0.9", "f1_50": "F1@0.5", "pq": "PQ", "aji": "AJI"}
    known |= {"ctr_true": "True ratio", "ctr_found": "Found ratio"}
    plain = f"Dice {name.removeprefix('dice_')}" if name.startswith("dice_") else name.capitalize()
    return known.get(name, plain)


def _short(name: str, value: float) -> str:
    return f"{value:,.0f}" if name in {"true", "found", "right"} else number(value)


def number(value: float) -> str:
    """Return a score with three digits, a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.3f}"
