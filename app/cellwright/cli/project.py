"""``cellwright new``, ``history``, ``undo``, ``redo`` and ``restore``: projects without a window."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say
from cellwright.core import BadParameter
from cellwright.imaging import is_there
from cellwright.project import JournalEntry, Project, backups, restore

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Do what was asked with a project."""
    return {"new": _new, "history": _history, "undo": _step, "redo": _step, "restore": _restore}[options.command](
        options
    )


def _new(options: argparse.Namespace) -> int:
    missing = [path for path in options.pictures if not is_there(path)]
    if missing:  # said before anything is made
        raise BadParameter(f"{missing[0]} is no file; name the pictures to be added.")
    with Project.create(options.folder) as project:
        added = project.add_pictures(options.pictures, author_of(options)) if options.pictures else []
        say(f"{options.folder}: a new project with {len({each.id for each in added}):,} pictures")
    return 0


def _history(options: argparse.Namespace) -> int:
    with Project(options.folder, read_only=True) as project:
        entries = project.journal(options.last)
    if options.json:
        print_json([_json(entry) for entry in entries])
    else:
        header = ["Number", "Time", "Who", "What", "Why", "Objects"]
        print_table("", header, [_cells(entry) for entry in entries], left=5)
    return 0


def _step(options: argparse.Namespace) -> int:
    with Project(options.folder) as project:
        done = 0
        for _ in range(options.steps):
            entry = (project.undo if options.command == "undo" else project.redo)(author_of(options))
            if entry is None:
                say(f"There is nothing to {options.command}.")
                break
            done += 1
            say(f"{_what(entry)}, {entry.objects:,} objects")
    return 0 if done else 1


def _restore(options: argparse.Namespace) -> int:
    if options.list:
        for path in backups(options.folder):
            print(path.name)
        return 0
    aside = restore(options.folder, options.backup)
    say(f"{options.folder} is at its backup again; what stood there before is {aside.name}")
    return 0


def author_of(options: argparse.Namespace) -> str:
    """Return who does this: the name that was given, else the one a person is logged in with."""
    if options.author:
        return str(options.author)
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user anywhere
        return "unknown"


def _what(entry: JournalEntry) -> str:
    return entry.kind.value if entry.action == "do" else f"{entry.action} {entry.target}: {entry.kind.value}"


def _cells(entry: JournalEntry) -> list[str]:
    when = entry.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return [str(entry.id), when, entry.author, _what(entry), entry.reason, f"{entry.objects:,}"]


def _json(entry: JournalEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "time": entry.time.isoformat(),
        "author": entry.author,
        "kind": entry.kind.value,
        "action": entry.action,
        "target": entry.target,
        "reason": entry.reason,
        "objects": entry.objects,
    }
