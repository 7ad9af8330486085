"""The tables as version 1 made them, kept so that its projects can be opened for good."""

from __future__ import annotations

TABLES = """
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
