"""The tables of a project, and the number that says which version of them a file has."""

from __future__ import annotations

APPLICATION_ID = 0x43574A31
"""``CWJ1``, in the header of the file: this SQLite database is a project of ours."""

VERSION = 5
"""Raised with every change of the tables; `migrate` knows the way from each older one."""

REVIEW_TABLES = """
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
"""Added by version 2."""

RUN_TABLES = """
-- Facts about runs, beside the journal: what became of every tile, and what a run that was stopped goes on from.
CREATE TABLE run_state (run INTEGER PRIMARY KEY, state TEXT NOT NULL, entry INTEGER NOT NULL, began TEXT NOT NULL,
  ended TEXT, whole TEXT NOT NULL, totals TEXT NOT NULL);
CREATE TABLE run_tile (run INTEGER NOT NULL, tile INTEGER NOT NULL, y0 INTEGER NOT NULL, x0 INTEGER NOT NULL,
  y1 INTEGER NOT NULL, x1 INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, asked_px REAL,
  PRIMARY KEY (run, tile)) WITHOUT ROWID;
CREATE TABLE run_kept (run INTEGER NOT NULL, tile INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, tile));
CREATE TABLE run_again (run INTEGER NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (run, object)) WITHOUT ROWID;
-- Where a person wants objects counted; the journal is the truth.
CREATE TABLE region_of_interest (id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, kind TEXT NOT NULL,
  corners TEXT NOT NULL, name TEXT NOT NULL);
CREATE INDEX region_of_interest_picture ON region_of_interest (picture);
CREATE INDEX edit_more ON edit (target) WHERE action = 'more';
"""
"""Added by version 3."""

SIGN_OFF_TABLES = """
-- Who put their name to which differential, and a laboratory's own factors per µL; the journal is the truth.
CREATE TABLE sign_off (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, cells INTEGER NOT NULL,
  sha256 TEXT NOT NULL, counts TEXT NOT NULL, remark TEXT NOT NULL);
CREATE TABLE laboratory_factor (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL,
  estimated TEXT NOT NULL, per_ul REAL NOT NULL, field_mm2 REAL);
"""
"""Added by version 4."""

PIXEL_SIZE_TABLES = """
-- What a person said about the pixels of a picture, where its file is silent or wrong; the journal is the truth.
CREATE TABLE pixel_size (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, picture INTEGER NOT NULL,
  y_um REAL NOT NULL, x_um REAL NOT NULL);
CREATE INDEX pixel_size_picture ON pixel_size (picture);
"""
"""Added by version 5."""

TABLES = (
    """
CREATE TABLE picture (id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL);
CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, colour TEXT NOT NULL,
  key TEXT NOT NULL);
CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, card TEXT NOT NULL);
CREATE TABLE run (id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, model INTEGER NOT NULL, parameters TEXT NOT NULL,
  coverage REAL NOT NULL);

-- Facts that are only ever added to: what objects refer to.
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE shape (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, y0 REAL NOT NULL, x0 REAL NOT NULL, y1 REAL NOT NULL,
  x1 REAL NOT NULL, data BLOB);

-- The objects as they stand now; one without a shape is deleted, and keeps its row for the sake of its history.
CREATE TABLE object (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, picture INTEGER NOT NULL, shape INTEGER,
  class INTEGER, score REAL, source INTEGER, status TEXT);
CREATE VIRTUAL TABLE region USING rtree (id, y0, y1, x0, x1, picture0, picture1);

-- The journal, which is only ever added to: undoing is an entry of its own.
CREATE TABLE edit (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL,
  reason TEXT NOT NULL, action TEXT NOT NULL, target INTEGER NOT NULL, parent INTEGER NOT NULL,
  cursor INTEGER NOT NULL, objects INTEGER NOT NULL);
CREATE INDEX edit_parent ON edit (parent) WHERE action = 'do';
CREATE TABLE change (edit INTEGER NOT NULL, object INTEGER NOT NULL,
  before_shape INTEGER, before_class INTEGER, before_score REAL, before_source INTEGER, before_status TEXT,
  after_shape INTEGER, after_class INTEGER, after_score REAL, after_source INTEGER, after_status TEXT,
  PRIMARY KEY (edit, object)) WITHOUT ROWID;
CREATE INDEX change_object ON change (object);
CREATE TABLE record_change (edit INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL,
  before TEXT, after TEXT, PRIMARY KEY (edit, number)) WITHOUT ROWID;
CREATE INDEX record_change_record ON record_change (name, record);
"""
    + REVIEW_TABLES
    + RUN_TABLES
    + SIGN_OFF_TABLES
    + PIXEL_SIZE_TABLES
)
"""All tables of today's version."""


def statements(tables: str) -> list[str]:
    """Return the statements of such a text one by one, since SQLite takes no more at once inside a transaction."""
    return [statement for statement in tables.split(";\n") if statement.strip()]
