"""``cellwright differential``: kinds of white cells in per cent, with limits; and their sign-off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.annotation import Estimated, LaboratoryFactorRecord
from cellwright.cli.analyze import parse_confidence
from cellwright.cli.console import print_json, print_table, say, watching, with_interval
from cellwright.cli.main import Exit
from cellwright.cli.project import author_of
from cellwright.core import BadParameter, CellwrightError, ModelNotUsable, UnknownName
from cellwright.project import Project
from cellwright.stats import Interval, Simultaneous
from cellwright.workflows import Analysis, AnalyzePicture, is_project
from cellwright.workflows.batch_sources import find_slides
from cellwright.workflows.cell_roles import read_roles
from cellwright.workflows.differential import Differential, DifferentialRow, compare, differential
from cellwright.workflows.differential_cells import fields_of_analyses
from cellwright.workflows.differential_signing import (
    Signature,
    project_differential,
    sign_differential,
    signatures,
)
from cellwright.workflows.differential_table import write_differential

if TYPE_CHECKING:
    from argparse import Namespace

_TOGETHER = {"none": Simultaneous.NONE, "bonferroni": Simultaneous.BONFERRONI, "goodman": Simultaneous.GOODMAN}


def run(options: Namespace) -> int:
    """Count, print, and do with factors and signatures what was asked."""
    if len(options.paths) == 1 and is_project(Path(options.paths[0])):
        return _of_project(options, Path(options.paths[0]))
    if options.sign or options.withdraw:
        raise BadParameter("Only the differential of a project can be signed off; make one with 'cellwright new'.")
    found, left_out = _of_pictures(options)
    _show(found, [], options)
    return Exit.INCOMPLETE if left_out else Exit.DONE


def _of_project(options: Namespace, folder: Path) -> int:
    writes = options.sign or options.withdraw or options.white_factor is not None or options.platelet_factor is not None
    limits = class_limits(options.confidence)
    roles = read_roles(options.role)
    with Project(folder, read_only=not writes) as project:
        _set_factors(project, options)
        if options.withdraw:
            _withdraw(project, options)
        if options.sign:
            sign_differential(project, author_of(options), options.remark, limits, roles=roles)
        together = _TOGETHER[options.together]
        found = project_differential(project, limits, roles=roles, simultaneous=together, level=options.level)
        signed = signatures(project.sign_offs(), found)
    _show(found, signed, options)
    return Exit.DONE


def _of_pictures(options: Namespace) -> tuple[Differential, int]:
    slides = find_slides(options.paths)
    analyses: list[Analysis] = []
    left_out = len(slides.left_out)
    more = {"classify": options.classify} if options.classify else {}
    with watching(is_silent=options.json) as watcher:
        for number, slide in enumerate(slides.slides):
            operation = AnalyzePicture(slide.path, options.model, options.device, **more)
            try:
                analyses.append(watcher.run(operation, number=number, of=len(slides.slides)))
            except (ModelNotUsable, UnknownName, BadParameter):
                raise  # would be the same for every picture
            except CellwrightError as error:
                left_out += 1
                say(f"Left out: {slide.path}: {error}")
    if not analyses:
        raise BadParameter("There is no picture to count on; name pictures, a folder of them, or a project.")
    limits = None if options.confidence is None else parse_confidence(options.confidence, analyses[0].card)
    found = differential(
        fields_of_analyses(analyses, limits),
        roles=read_roles(options.role),
        simultaneous=_TOGETHER[options.together],
        level=options.level,
        factors=_factors_said(options),
    )
    return found, left_out


def _set_factors(project: Project, options: Namespace) -> None:
    for kind, factor in _said(options).items():
        author = author_of(options)
        if project.set_laboratory_factor(kind, factor or None, author, options.field_mm2 if factor else None):
            say(f"Factor for {kind.value}: {f'{factor:,g} per µL, entered by {author}' if factor else 'taken away'}")


def _factors_said(options: Namespace) -> list[LaboratoryFactorRecord]:
    from datetime import UTC, datetime

    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        LaboratoryFactorRecord(number, now, author_of(options), kind, factor, options.field_mm2)
        for number, (kind, factor) in enumerate(_said(options).items(), 1)
        if factor
    ]


def _said(options: Namespace) -> dict[Estimated, float]:
    said = {Estimated.WHITE: options.white_factor, Estimated.PLATELETS: options.platelet_factor}
    return {kind: factor for kind, factor in said.items() if factor is not None}


def _withdraw(project: Project, options: Namespace) -> None:
    signed = project.sign_offs()
    if not signed:
        raise BadParameter("There is no signature to withdraw.")
    project.withdraw_sign_off(signed[-1].id, author_of(options), options.remark)
    say(f"The signature of {signed[-1].author} is withdrawn.")


def class_limits(text: str | None) -> dict[str, float] | None:
    """Read ``"WBC=0.4,PLT=0.5"``; a number alone says nothing about which class, and is refused."""
    if text is None:
        return None
    limits = {}
    for part in text.split(","):
        name, sign, number = (each.strip() for each in part.partition("="))
        try:
            limits[name] = float(number)
        except ValueError:
            sign = ""
        if not sign or not 0 <= limits[name] <= 1:
            raise BadParameter(f"{part!r} is no confidence; write CLASS=NUMBER from 0 to 1, as in WBC=0.4.")
    return limits


def _show(found: Differential, signed: Sequence[Signature], options: Namespace) -> None:
    other = _other(options)
    if options.out is not None:
        write_differential(options.out, found, overwrite=options.overwrite)
        say(f"Written to {options.out}")
    if options.json:
        print_json(differential_json(found, signed, other))
        return
    title = f"Differential of {found.white:,} white cells on {_pictures(found.pictures)}"
    level = f"{100 * found.level:g} %"
    print_table(title, ["Class", "n", "%", f"Limits {level}"], [_share_cells(each) for each in found.rows])
    if found.beside:
        rows = [_beside_cells(each) for each in found.beside]
        print_table("For each 100 white cells", ["Class", "n", "Per 100", f"Limits {level}"], rows)
    if found.unidentified:
        rows = [_share_cells(each) for each in found.apart]
        print_table("Kept apart", ["Class", "n", "% of all white", f"Limits {level}"], rows)
    for each in found.estimates:
        say(estimate_sentence(each.factor, each.value, each.interval, each.method))
    if other is not None:
        _show_differences(found, other)
    say(f"{found.method}.")
    for line in (*found.obstacles, *map(str, signed), *found.notes):
        say(line)


def _other(options: Namespace) -> Differential | None:
    if options.compare is None:
        return None
    with Project(options.compare, read_only=True) as project:
        return project_differential(project, level=options.level)


def _show_differences(found: Differential, other: Differential) -> None:
    rows = [
        [
            title,
            f"{100 * each.first:.1f}",
            f"{100 * each.second:.1f}",
            f"{100 * each.difference.low:+.1f} … {100 * each.difference.high:+.1f}",
            f"{each.p_value:.3g}",
            "may be the same" if each.may_be_the_same else "differs",
        ]
        for title, each in compare(found, other)
    ]
    print_table("Against the other", ["Class", "%", "Other %", "Difference", "p (Fisher)", "Chance?"], rows)


def estimate_sentence(
    factor: LaboratoryFactorRecord, value: float | None, interval: Interval | None, method: str
) -> str:
    """Return an estimate per microlitre with whose factor it rests on."""
    whose = f"factor {factor.per_ul:,g} entered by {factor.author} on {factor.time[:10]}"
    if value is None or interval is None:
        return f"No estimate of {factor.estimated.value}: {method} ({whose})."
    numbers = f"{value:,.0f} per µL ({interval.low:,.0f}–{interval.high:,.0f})"
    return f"Estimate of {factor.estimated.value}: {numbers}, {method}; {whose}."


def _share_cells(row: DifferentialRow) -> list[str]:
    if row.share is None or row.interval is None:
        return [row.title, f"{row.count:,}", "–", ""]
    return [row.title, f"{row.count:,}", f"{100 * row.share:.1f}", _limits_text(row.interval.scaled(100))]


def _beside_cells(row: DifferentialRow) -> list[str]:
    if row.per_100 is None or row.per_100_interval is None:
        return [row.title, f"{row.count:,}", "–", ""]
    return [row.title, f"{row.count:,}", f"{row.per_100:.1f}", _limits_text(row.per_100_interval)]


def _limits_text(interval: Interval) -> str:
    return with_interval("", f"{interval.low:.1f}", f"{interval.high:.1f}").strip().strip("()")


def differential_json(
    found: Differential, signed: Sequence[Signature] = (), other: Differential | None = None
) -> dict[str, object]:
    """Return a differential as values that JSON knows."""
    return {
        "white": found.white,
        "unidentified": found.unidentified,
        "unreviewed": found.unreviewed,
        "pictures": found.pictures,
        "level": found.level,
        "method": found.method,
        "cells_sha256": found.sha256,
        "classes": {each.name: _row_json(each) for each in found.every_row},
        "dispersion": None if found.dispersion is None else found.dispersion.ratio,
        "per_microlitre": {
            each.factor.estimated.value: {
                "value": each.value,
                "interval": None if each.interval is None else list(each.interval),
                "factor": each.factor.per_ul,
                "field_mm2": each.factor.field_mm2,
                "entered_by": each.factor.author,
                "entered": each.factor.time,
                "method": each.method,
            }
            for each in found.estimates
        },
        "signed": [
            {"author": each.record.author, "time": each.record.time, "cells": each.record.cells, "holds": each.holds}
            for each in signed
        ],
        "differences": None if other is None else _differences_json(found, other),
        "obstacles": list(found.obstacles),
        "notes": list(found.notes),
    }


def _row_json(row: DifferentialRow) -> dict[str, object]:
    return {
        "title": row.title,
        "part": row.role.value,
        "count": row.count,
        "unreviewed": row.unreviewed,
        "share": row.share,
        "interval": None if row.interval is None else list(row.interval),
        "per_100": row.per_100,
        "per_100_interval": None if row.per_100_interval is None else list(row.per_100_interval),
    }


def _differences_json(found: Differential, other: Differential) -> dict[str, object]:
    return {
        title: {
            "first": each.first,
            "second": each.second,
            "difference": list(each.difference),
            "p_value": each.p_value,
            "may_be_the_same": each.may_be_the_same,
        }
        for title, each in compare(found, other)
    }


def _pictures(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"
