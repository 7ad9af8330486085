"""A project on disk: pictures by reference, classes, objects and the journal of every edit, in one SQLite file."""

from cellwright.project.backup import backups, restore
from cellwright.project.history import HistoryLine
from cellwright.project.journal import JournalEntry
from cellwright.project.project import Project
from cellwright.project.review import ReviewProgress

__all__ = ["HistoryLine", "JournalEntry", "Project", "ReviewProgress", "backups", "restore"]
