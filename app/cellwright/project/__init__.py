"""A project on disk: pictures by reference, classes, objects and the journal of every edit, in one SQLite file."""

from cellwright.project.backup import backups, restore
from cellwright.project.columns import ObjectColumns, PictureChange
from cellwright.project.head import JournalHead, journal_head
from cellwright.project.history import HistoryLine
from cellwright.project.journal import JournalEntry
from cellwright.project.moving import copy_project
from cellwright.project.pictures import place_of
from cellwright.project.project import Project
from cellwright.project.review import ReviewProgress
from cellwright.project.run_status import RunStage, RunStatus, RunStep

__all__ = [
    "HistoryLine",
    "JournalEntry",
    "JournalHead",
    "ObjectColumns",
    "PictureChange",
    "Project",
    "ReviewProgress",
    "RunStage",
    "RunStatus",
    "RunStep",
    "backups",
    "copy_project",
    "journal_head",
    "place_of",
    "restore",
]
