"""The tables that version 2 added to those of version 1, kept so that its projects can be opened for good."""

from __future__ import annotations

from tests.project import version_1

TABLES = (
    version_1.TABLES
    + """
-- What people were shown and what they said; as with all records, the journal is the truth.
CREATE TABLE review (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, picture INTEGER NOT NULL,
  object TEXT, y0 REAL NOT NULL, x0 REAL NOT NULL, y1 REAL NOT NULL, x1 REAL NOT NULL, answer TEXT NOT NULL,
  class_before INTEGER, class_after INTEGER, score REAL, drawn TEXT NOT NULL, probability REAL, audit INTEGER);
CREATE INDEX review_object ON review (object);
CREATE INDEX review_audit ON review (audit) WHERE audit IS NOT NULL;
CREATE TABLE audit (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, seed INTEGER NOT NULL,
  population INTEGER NOT NULL, size INTEGER NOT NULL, strata TEXT NOT NULL);
CREATE TABLE audit_item (id INTEGER PRIMARY KEY, audit INTEGER NOT NULL, picture INTEGER NOT NULL,
  object TEXT NOT NULL, stratum INTEGER NOT NULL, probability REAL NOT NULL);
CREATE INDEX audit_item_audit ON audit_item (audit);
CREATE TABLE region_reviewed (id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, y0 INTEGER NOT NULL,
  x0 INTEGER NOT NULL, y1 INTEGER NOT NULL, x1 INTEGER NOT NULL, time TEXT NOT NULL, author TEXT NOT NULL);
CREATE INDEX region_reviewed_picture ON region_reviewed (picture);
"""
)
