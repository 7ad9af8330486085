"""The tables that version 4 added to those of version 3, kept so that its projects can be opened for good."""

from __future__ import annotations

from tests.project import version_3

TABLES = (
    version_3.TABLES
    + """
-- Who put their name to which differential, and a laboratory's own factors per µL; the journal is the truth.
CREATE TABLE sign_off (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, cells INTEGER NOT NULL,
  sha256 TEXT NOT NULL, counts TEXT NOT NULL, remark TEXT NOT NULL);
CREATE TABLE laboratory_factor (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL,
  estimated TEXT NOT NULL, per_ul REAL NOT NULL, field_mm2 REAL);
"""
)
