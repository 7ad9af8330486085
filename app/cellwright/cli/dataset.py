"""``cellwright dataset``: labelled sets read, looked over, divided, prepared, frozen, compared and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.annotation import Status, part_path
from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.cli.project import author_of
from cellwright.core import BadParameter
from cellwright.core.atomic import refuse_existing, replacing
from cellwright.datasets import Augmentation, Preparation, Resize, changed_files, compare_versions, read_version
from cellwright.project import Project
from cellwright.workflows import (
    CheckDataset,
    DatasetHealth,
    Division,
    ExportDataset,
    ExportFormat,
    FreezeDataset,
    ImportDataset,
    PreviewDataset,
    contact_sheet,
    is_project,
    read_augmentation,
    read_source,
)

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from cellwright.datasets import LabelledSet


def run(options: Namespace) -> int:
    """Do what was asked with a labelled set."""
    options.data = options.data.expanduser() if "data" in options else None
    return {
        "import": _import,
        "health": _health,
        "split": _split,
        "prepare": _prepare,
        "freeze": _freeze,
        "compare": _compare,
        "export": _export,
    }[options.what](options)


def _import(options: Namespace) -> int:
    is_new = not is_project(options.project)
    if is_new:
        # Read once before anything is made, so that a set that cannot be read leaves no empty project behind.
        read_source(options.data, options.read_as, options.only, options.classes)
        Project.create(options.project).close()
    operation = ImportDataset(
        options.project,
        options.data,
        author_of(options),
        options.read_as,
        options.only,
        options.classes,
        Status.UNREVIEWED if options.unreviewed else Status.ACCEPTED,
        options.like,
    )
    with watching(is_silent=options.json) as watcher:
        done = watcher.run(operation)
    if options.json:
        print_json(done.to_dict())
    else:
        say(done.sentence())
        for line in done.report.lines():
            say(line)
    return Exit.DONE if done.report.is_clean else Exit.INCOMPLETE


def _health(options: Namespace) -> int:
    with watching(is_silent=options.json) as watcher:
        found = watcher.run(CheckDataset(options.data, options.model, options.read_as, options.only, options.device))
    if options.heat_map is not None:
        _draw_heat(found, options.heat_map)
    if options.json:
        print_json(found.to_dict())
    else:
        _print_health(found, options.doubts)
    return Exit.INCOMPLETE if found.unreadable else Exit.DONE


def _print_health(found: DatasetHealth, doubts: int) -> None:
    health = found.health
    splits = ", ".join(f"{name or 'no split'} {count:,}" for name, count in sorted(health.splits.items()))
    title = f"{found.data}: {health.pictures:,} pictures ({splits}), {health.boxes:,} objects, {health.empty:,} empty"
    rows = [
        [each.name, f"{each.boxes:,}", f"{each.pictures:,}", *(f"{side:g}" for side in each.side_px or ())]
        for each in health.classes
    ]
    print_table(title, ["Class", "Objects", "On pictures", "Side 5 %", "Median px", "95 %"], rows)
    pairs = [[pair.first.name, pair.second.name, f"{pair.similarity:.3f}"] for pair in found.duplicates[:doubts]]
    if pairs:
        print_table(f"Nearly the same picture ({len(found.duplicates)})", ["One", "Other", "Alike"], pairs, left=2)
    if found.audit is not None:
        rows = [
            [doubt.picture.name, doubt.kind.value, doubt.labelled, doubt.found, f"{doubt.score:.2f}", _place(doubt.box)]
            for doubt in found.audit.doubts[:doubts]
        ]
        said = f"Where {found.audit.model} doubts the labels ({len(found.audit.doubts)})"
        print_table(said, ["Picture", "Doubt", "Labelled", "Found", "Sure", "y0 x0 y1 x1"], rows, left=4)
    for line in (*found.warnings(), *found.notes):
        say(line)


def _place(box: tuple[float, float, float, float]) -> str:
    return " ".join(f"{edge:.0f}" for edge in box)


def _draw_heat(found: DatasetHealth, path: Path) -> None:
    import numpy as np

    from cellwright.export import write_png

    shares = found.heat / max(1, int(found.heat.max()))
    grey = np.kron(255 * (1 - shares), np.ones((16, 16))).astype(np.uint8)
    write_png(path, np.repeat(grey[..., None], 3, axis=2), overwrite=True)


def _split(options: Namespace) -> int:
    if options.out is not None:
        refuse_existing(options.out, options.overwrite)
    labelled, _ = read_source(options.data, options.read_as, options.only)
    divided = _division(options).of(labelled)
    if options.out is not None:
        _write_split(divided, options.out, overwrite=options.overwrite)
    rows = [(split, divided.of_split(split)) for split in divided.splits]
    if options.json:
        print_json({split: {"pictures": len(part), "boxes": part.counts().tolist()} for split, part in rows})
        return Exit.DONE
    header = ["Split", "Pictures", "Groups", *divided.classes]
    table = [
        [split, f"{len(part):,}", f"{len({p.group for p in part}):,}", *(f"{n:,}" for n in part.counts().tolist())]
        for split, part in rows
    ]
    print_table(str(options.data), header, table)
    return Exit.DONE


def _write_split(divided: LabelledSet, path: Path, *, overwrite: bool) -> None:
    import csv

    with replacing(path, overwrite=overwrite) as part, part.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "split", "group"))
        for picture in divided:
            name = picture.path.relative_to(divided.root) if picture.path.is_relative_to(divided.root) else picture.path
            table.writerow((part_path(name.as_posix(), picture.plane, picture.series), picture.split, picture.group))


def _prepare(options: Namespace) -> int:
    preparation = _preparation(options)
    if options.out is None and options.preview is None:
        raise BadParameter("Nothing would be written: give --out DIR, --preview PNG, or both.")
    if options.preview is not None:
        from cellwright.export import write_png

        refuse_existing(options.preview, options.overwrite)
        preview = PreviewDataset(
            options.data,
            preparation,
            options.augment,
            options.count,
            options.seed,
            options.read_as,
            options.only,
            _augmentation(options),
        )
        with watching(is_silent=options.json) as watcher:
            tiles = watcher.run(preview)
        write_png(options.preview, contact_sheet(tiles), overwrite=options.overwrite)
    return _written(options, preparation, with_pictures=True) if options.out is not None else Exit.DONE


def _export(options: Namespace) -> int:
    return _written(options, Preparation(), with_pictures=options.with_pictures)


def _written(options: Namespace, preparation: Preparation, *, with_pictures: bool) -> int:
    operation = ExportDataset(
        options.data,
        options.out,
        ExportFormat(options.kind),
        _division(options),
        preparation,
        with_pictures,
        options.overwrite,
        options.read_as,
        options.only,
        _augmentation(options),
    )
    with watching(is_silent=options.json) as watcher:
        done = watcher.run(operation)
    if options.json:
        print_json(done.to_dict())
    else:
        splits = ", ".join(f"{name or 'no split'} {count:,}" for name, count in done.splits.items())
        say(f"{done.folder}: {done.objects:,} objects on {done.pictures:,} pictures ({splits})")
        for note in done.notes:
            say(note)
    return Exit.DONE


def _freeze(options: Namespace) -> int:
    operation = FreezeDataset(
        options.data,
        options.out,
        options.name,
        options.parent,
        _division(options),
        _preparation(options),
        options.read_as,
        options.only,
        _augmentation(options),
    )
    with watching(is_silent=options.json) as watcher:
        done = watcher.run(operation)
    if options.json:
        print_json(done.to_dict())
    else:
        print(done.version.hash)
        say(f"{options.out}: {done.written.objects:,} objects on {done.written.pictures:,} pictures")
        for note in done.written.notes:
            say(note)
    return Exit.DONE


def _compare(options: Namespace) -> int:
    before, after = read_version(options.before), read_version(options.after)
    changes = compare_versions(before, after)
    wrong = {}
    if options.check_files:
        wrong = {str(path): changed_files(path, v) for path, v in ((options.before, before), (options.after, after))}
    if options.json:
        print_json({"before": before.hash, "after": after.hash, **changes.to_dict(), "changed_files": wrong})
    else:
        rows = [
            ["pictures added", f"{len(changes.added):,}", ", ".join(changes.added[:5])],
            ["pictures removed", f"{len(changes.removed):,}", ", ".join(changes.removed[:5])],
            ["pictures with other labels", f"{len(changes.relabelled):,}", ", ".join(changes.relabelled[:5])],
            ["pictures in another split", f"{len(changes.moved):,}", ", ".join(m[0] for m in changes.moved[:5])],
            ["objects", f"{changes.objects[0]:,} → {changes.objects[1]:,}", ""],
            ["prepared alike", "yes" if changes.is_prepared_alike else "no", ""],
        ]
        title = f"{before.name} {before.hash[:12]} → {after.name} {after.hash[:12]}"
        print_table(title, ["", "", ""], rows, left=3)
        for folder, names in wrong.items():
            for name in names:
                say(f"{folder}: {name} is gone or is not what it was.")
    return Exit.INCOMPLETE if any(wrong.values()) else Exit.DONE


def _division(options: Namespace) -> Division:
    return Division(options.shares, options.rebalance, options.seed)


def _augmentation(options: Namespace) -> Augmentation:
    if options.augment is not None and not options.copies and options.out is not None:
        raise BadParameter("--augment says how copies are changed; say how many are written with --copies.")
    return read_augmentation(options.copies, options.seed, options.augment)


def _preparation(options: Namespace) -> Preparation:
    return Preparation(options.tile, options.size, Resize(options.resize), options.grey)
