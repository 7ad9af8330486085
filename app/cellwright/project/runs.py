"""What a project knows of runs: which tile of a picture was analysed, what is left, and what they found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from cellwright.annotation import (
    ClassRecord,
    Edit,
    EditKind,
    ModelRecord,
    RecordChange,
    RunRecord,
    Status,
)
from cellwright.core import Coverage, Objects, Regions, TileRecord, TileState, unknown_name
from cellwright.project import journal, records, writing
from cellwright.project.columns import WAS_DELETED
from cellwright.project.failure import explained
from cellwright.project.migrate import version_of
from cellwright.project.run_status import RunStage, RunStatus, RunStep

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray


_FIRST_WITH_RUNS = 3
_CHUNK = 20_000


class Runs:
    """The part of a `Project` that is about runs; knows its database and how it writes."""

    _path: Path
    _connection: sqlite3.Connection

    # What was done -----------------------------------------------------------------------------------------------

    def runs(self, picture_id: int | None = None) -> list[RunRecord]:
        """Return the analyses that were made, of one picture or of all; one that was undone is not among them."""
        with explained(self._path):
            value, column = (None, "id") if picture_id is None else (picture_id, "picture")
            return records.read(self._connection, RunRecord, value, column)

    def run_status(self, run_id: int) -> RunStatus | None:
        """Return where a run stands; None for one that kept no account of its tiles, or was undone."""
        if not self._has_runs():
            return None
        with explained(self._path):
            row = self._connection.execute(
                "SELECT state, entry, began, ended, whole, totals FROM run_state WHERE run = ?", (run_id,)
            ).fetchone()
            known = records.read(self._connection, RunRecord, run_id)
        if row is None or not known:
            return None
        state, entry, began, ended, whole, totals = row
        return RunStatus(known[0], RunStage(state), int(entry), began, ended or "", whole, json.loads(totals))

    def coverage(self, run_id: int) -> Coverage:
        """Return the account of every tile of a run, in the order of its plan; none where none was kept."""
        if not self._has_runs():
            return Coverage(())
        from cellwright.core import Box

        with explained(self._path):
            rows = self._connection.execute(
                "SELECT y0, x0, y1, x1, state, reason, asked_px FROM run_tile WHERE run = ? ORDER BY tile", (run_id,)
            ).fetchall()
            whole = self._connection.execute("SELECT whole FROM run_state WHERE run = ?", (run_id,)).fetchone()
        tiles = tuple(TileRecord(Box(*row[:4]), TileState(row[4]), row[5], row[6]) for row in rows)
        return Coverage(tiles, whole[0] if whole else "area")

    def find_run(self, picture_id: int, model_sha256: str, parameters: str) -> RunStatus | None:
        """Return the latest run of a model with these very parameters that kept an account of its tiles."""
        models = {each.id for each in self._models() if each.sha256 == model_sha256}
        for run in reversed(self.runs(picture_id)):
            if run.model in models and run.parameters == parameters and (found := self.run_status(run.id)):
                return found
        return None

    # What is done now --------------------------------------------------------------------------------------------

    def begin_run(
        self,
        picture_id: int,
        model: ModelRecord,
        parameters: str,
        tiles: Sequence[TileRecord],
        author: str,
        *,
        whole: str = "area",
        classes: Sequence[ClassRecord] = (),
        parts: Sequence[ModelRecord] = (),
        reason: str = "",
    ) -> int:
        """Write down the plan of a run, as a step of the journal to which its objects will belong.

        Parameters
        ----------
        picture_id : int
            Which picture.
        model : ModelRecord
            Which model; its number is taken where the project knows it by its hash, else given anew.
        parameters : str
            JSON text; the same parameters find the run again.
        tiles : sequence of TileRecord
            The plan.
        author, reason : str
            Who, and why.
        whole : str
            See `Coverage.whole`.
        classes : sequence of ClassRecord
            Classes of the model; those whose names the project lacks are added, under new numbers.
        parts : sequence of ModelRecord
            The models that `model` is made of, where it is several; kept as it is.

        Returns
        -------
        int
            The number of the run.
        """
        with self._writing():
            number, changes = self._with_models((model, *parts))
            changes += self._new_classes(classes)
            run_id = records.next_id(self._connection, RunRecord)
            changes.append(RecordChange(None, RunRecord(run_id, picture_id, number, parameters, 0.0)))
            entry = writing.write_edit(self._connection, Edit(EditKind.ANALYSE, (), tuple(changes), reason), author)
            # An undone run may have had this number; what is known of it is of no use any more.
            self._forget(run_id)
            self._connection.execute(
                "INSERT INTO run_state VALUES (?, ?, ?, ?, NULL, ?, '{}')",
                (run_id, RunStage.UNFINISHED.value, entry.id, _now(), whole),
            )
            self._connection.executemany(
                "INSERT INTO run_tile VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((run_id, index, *_tile_row(tile)) for index, tile in enumerate(tiles)),
            )
        return run_id

    def reopen_run(
        self,
        run_id: int,
        withdrawn: NDArray[np.void],
        totals: Mapping[str, int],
        author: str,
        reason: str = "",
        *,
        kept: Mapping[int, bytes | None] | None = None,
    ) -> int:
        """Begin a new step of the journal in which the failed tiles of a finished run are tried again.

        Parameters
        ----------
        run_id : int
            Which run.
        withdrawn : (K,) ndarray of 'V16'
            Objects beside failed tiles that the run is going to find again or better.
        totals : mapping of str to int
            What they were counted as; taken off the run's totals.
        author, reason : str
            Who, and why.
        kept : mapping of int to bytes or None
            See `RunStep.kept`.

        Returns
        -------
        int
            How many tiles there are; where there are none nothing is changed.
        """
        with self._writing():
            status, failed = self._status(run_id), self.coverage(run_id).count(TileState.FAILED)
            if not failed:
                return 0
            number = journal.begin_entry(self._connection, EditKind.ANALYSE, author, reason)
            gone = self._unreviewed(status.run.picture, withdrawn)
            writing.write_selection(self._connection, number, gone, class_id=None, status=None, is_deleted=True)
            journal.finish_entry(self._connection, number)
            self._add_totals(status, {name: -count for name, count in totals.items()})
            self._keep(run_id, kept or {})
            self._connection.execute(
                "UPDATE run_state SET state = ?, entry = ? WHERE run = ?", (RunStage.UNFINISHED.value, number, run_id)
            )
            self._connection.execute(
                "UPDATE run_tile SET state = ?, reason = '' WHERE run = ? AND state = ?",
                (TileState.PENDING.value, run_id, TileState.FAILED.value),
            )
        return failed

    def write_run_step(self, run_id: int, step: RunStep, author: str) -> None:
        """Write what some tiles brought: objects, states and what is kept, all or nothing.

        Objects that are there already stay as people left them, and those that a person deleted stay away.

        Raises
        ------
        EditRefused
            If the run was undone meanwhile, or an object makes no sense.
        """
        with self._writing():
            self._write_step(self._status(run_id), step, author)

    def finish_run(
        self, run_id: int, author: str, *, last: RunStep | None = None, superseded: Regions | None = None
    ) -> None:
        """Write down that every tile was tried.

        Parameters
        ----------
        run_id : int
            Which run.
        author : str
            Who.
        last : RunStep, optional
            What still belongs to it; it and the end are one.
        superseded : Regions, optional
            Objects that other runs left here, that nobody looked at and that this run did not find, go; only when it
            ends for the first time, since afterwards they are long gone.
        """
        with self._writing():
            status = self._status(run_id)
            if last is not None:
                self._write_step(status, last, author)
            number = journal.begin_more(self._connection, status.entry, author)
            done = RunRecord(
                run_id, status.run.picture, status.run.model, status.run.parameters, self.coverage(run_id).fraction
            )
            if done != status.run:
                records.write_changes(self._connection, number, (RecordChange(status.run, done),))
            if superseded is not None and not status.ended:
                gone = self._superseded(status, superseded)
                writing.write_selection(self._connection, number, gone, class_id=None, status=None, is_deleted=True)
            journal.finish_entry(self._connection, number)
            self._connection.execute("DELETE FROM run_again WHERE run = ?", (run_id,))
            self._connection.execute(
                "UPDATE run_state SET state = ?, ended = ? WHERE run = ?", (RunStage.FINISHED.value, _now(), run_id)
            )

    def kept(self, run_id: int) -> dict[int, bytes]:
        """Return what tiles of a run keep until their neighbours have answered."""
        with explained(self._path):
            rows = self._connection.execute("SELECT tile, data FROM run_kept WHERE run = ? ORDER BY tile", (run_id,))
            return {int(tile): bytes(data) for tile, data in rows}

    # -------------------------------------------------------------------------------------------------------------

    def _write_step(self, status: RunStatus, step: RunStep, author: str) -> None:
        self._write_objects(status, step, author)
        run_id = status.run.id
        self._connection.executemany(
            "UPDATE run_tile SET state = ?, reason = ? WHERE run = ? AND tile = ?",
            ((state.value, reason, run_id, index) for index, (state, reason) in step.tiles.items()),
        )
        self._keep(run_id, step.kept)
        self._add_totals(status, step.totals)

    def _keep(self, run_id: int, kept: Mapping[int, bytes | None]) -> None:
        self._connection.executemany(
            "DELETE FROM run_kept WHERE run = ? AND tile = ?", ((run_id, index) for index in kept)
        )
        self._connection.executemany(
            "INSERT INTO run_kept VALUES (?, ?, ?)",
            ((run_id, index, data) for index, data in kept.items() if data is not None),
        )

    def _write_objects(self, status: RunStatus, step: RunStep, author: str) -> None:
        number = journal.begin_more(self._connection, status.entry, author)
        if step.objects is not None and len(step.objects):
            objects = self._without_deleted(status.run.id, step.objects)
            known = {each.name: each.id for each in records.read(self._connection, ClassRecord)}
            missing = [name for name in objects.classes if name not in known]
            if missing:
                raise unknown_name("class of the project", missing[0], known)
            numbers = [known[name] for name in objects.classes]
            writing.write_objects(self._connection, number, status.run.picture, objects, numbers)
        if not journal.finish_entry(self._connection, number).objects:
            journal.drop_entry(self._connection, number)

    def _status(self, run_id: int) -> RunStatus:
        """Return where a run stands that must be there."""
        status = self.run_status(run_id)
        if status is None:
            raise unknown_name("run", str(run_id), [str(each.id) for each in self.runs()])
        return status

    def _add_totals(self, status: RunStatus, more: Mapping[str, int]) -> None:
        totals = {name: status.totals.get(name, 0) + more.get(name, 0) for name in {*status.totals, *more}}
        said = json.dumps(totals, sort_keys=True)
        self._connection.execute("UPDATE run_state SET totals = ? WHERE run = ?", (said, status.run.id))

    def _without_deleted(self, run_id: int, objects: Objects) -> Objects:
        """Leave out what a person deleted, and remember what is there already, so that it is not superseded."""
        db = self._connection
        db.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (uuid BLOB PRIMARY KEY) WITHOUT ROWID")
        db.execute("DELETE FROM chosen")
        db.executemany("INSERT OR IGNORE INTO chosen VALUES (?)", ((each.tobytes(),) for each in objects.ids))
        db.execute(
            "INSERT OR IGNORE INTO run_again SELECT ?, o.id FROM chosen AS c CROSS JOIN object AS o ON o.uuid = c.uuid "
            "WHERE o.shape IS NOT NULL",
            (run_id,),
        )
        gone = db.execute(
            f"SELECT o.uuid FROM chosen AS c CROSS JOIN object AS o ON o.uuid = c.uuid WHERE {WAS_DELETED}"
        ).fetchall()
        db.execute("DELETE FROM chosen")
        names = {bytes(row[0]) for row in gone}
        return objects.take(np.array([each.tobytes() not in names for each in objects.ids])) if names else objects

    def _unreviewed(self, picture: int, ids: NDArray[np.void]) -> list[UUID]:
        asked = "SELECT 1 FROM object WHERE uuid = ? AND picture = ? AND status = ?"
        names = [each.tobytes() for each in ids]
        there = (
            name
            for name in names
            if self._connection.execute(asked, (name, picture, Status.UNREVIEWED.value)).fetchone()
        )
        return [UUID(bytes=name) for name in there]

    def _superseded(self, status: RunStatus, regions: Regions) -> Iterator[UUID]:
        """Yield objects of earlier runs whose centre lies in the regions and that this run did not find."""
        rows = self._connection.execute(
            "SELECT o.uuid, s.y0, s.x0, s.y1, s.x1 FROM object AS o CROSS JOIN shape AS s ON s.id = o.shape "
            "CROSS JOIN source AS u ON u.id = o.source WHERE o.picture = :picture AND o.status = 'unreviewed' "
            "AND u.name LIKE 'model:%' AND o.id NOT IN (SELECT object FROM run_again WHERE run = :run) "
            "AND o.id NOT IN (SELECT c.object FROM change AS c WHERE c.edit IN "
            "(SELECT id FROM edit WHERE id = :entry OR (action = 'more' AND target = :entry)))",
            {"picture": status.run.picture, "run": status.run.id, "entry": status.entry},
        )
        while chunk := rows.fetchmany(_CHUNK):
            inside = regions.centres_inside(np.array([row[1:] for row in chunk], np.float64))
            yield from (UUID(bytes=row[0]) for row, is_inside in zip(chunk, inside, strict=True) if is_inside)

    def _new_classes(self, classes: Sequence[ClassRecord]) -> list[RecordChange]:
        known = {each.name for each in records.read(self._connection, ClassRecord)}
        first = records.next_id(self._connection, ClassRecord)
        new = [each for each in classes if each.name not in known]
        return [
            RecordChange(None, ClassRecord(first + i, each.name, each.title, each.colour, each.key))
            for i, each in enumerate(new)
        ]

    def _with_models(self, models: Sequence[ModelRecord]) -> tuple[int, list[RecordChange]]:
        """Return the number of the first of some models, and what brings those that the project lacks."""
        present, new = self._models(), list[ModelRecord]()
        numbers, following = [], records.next_id(self._connection, ModelRecord)
        for each in models:
            known = [one for one in present if (one.name, one.sha256) == (each.name, each.sha256)]
            if not known:
                known = [ModelRecord(following + len(new), each.name, each.sha256, each.card)]
                new += known
                present += known
            numbers.append(known[-1].id)
        return numbers[0], [RecordChange(None, each) for each in new]

    def _models(self) -> list[ModelRecord]:
        with explained(self._path):
            return records.read(self._connection, ModelRecord)

    def _forget(self, run_id: int) -> None:
        for table in ("run_state", "run_tile", "run_kept", "run_again"):
            self._connection.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))

    def _has_runs(self) -> bool:
        """Tell whether the tables are there; in an older project opened for reading only they are not."""
        with explained(self._path):
            return version_of(self._connection) >= _FIRST_WITH_RUNS

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError


def _tile_row(tile: TileRecord) -> tuple[object, ...]:
    box = tile.box
    return box.y0, box.x0, box.y1, box.x1, tile.state.value, tile.reason, tile.asked_px


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
