"""Cellwright: a desktop workbench that finds, counts, corrects and measures cells."""

__version__ = "0.1.0"
