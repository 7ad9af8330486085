"""The tables that version 3 added to those of version 2, kept so that its projects can be opened for good."""

from __future__ import annotations

from tests.project import version_2

TABLES = (
    version_2.TABLES
    + """
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
)
