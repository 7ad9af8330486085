"""Gates that were given names, kept in their project, else beside a person's settings. Knows no Qt."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellwright.core import BadParameter, OutputNotWritable
from cellwright.core.atomic import replacing
from cellwright.project.opening import GATES
from cellwright.settings import settings_path
from cellwright.ui.state.plotting import Axis
from cellwright.ui.state.plotting_gate import Gate

_log = logging.getLogger(__name__)


class _AxisRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    column: str = Field(min_length=1, max_length=200)
    unit: str = Field(default="", max_length=40)
    log: bool = False


class _GateRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    axes: list[_AxisRecord] = Field(min_length=1, max_length=2)
    corners: list[list[float]] = Field(min_length=2, max_length=10_000)

    def gate(self) -> Gate:
        axes = tuple(Axis(axis.column, axis.unit, axis.log) for axis in self.axes)
        return Gate(axes, tuple(tuple(corner) for corner in self.corners), self.name)


class _GateFile(BaseModel):
    """What stands in a file of gates."""

    model_config = ConfigDict(extra="forbid")

    format: str = Field(default="cellwright gates 1", pattern="^cellwright gates 1$")
    gates: list[_GateRecord] = Field(default_factory=list, max_length=1000)


def gates_path() -> Path | None:
    """Return where a person's gates lie; None where nothing of a person may be touched."""
    settings = settings_path()
    return None if settings is None else settings.with_name(GATES)


def read_gates(path: Path) -> tuple[Gate, ...]:
    """Read a file of gates.

    Raises
    ------
    BadParameter
        If it cannot be read, or is something else.
    """
    try:
        said = _GateFile.model_validate_json(path.read_bytes())
        return tuple(record.gate() for record in said.gates)
    except (OSError, ValidationError, BadParameter) as error:
        reason = str(error).splitlines()[0]
        raise BadParameter(f"{path} is no file of gates: {reason}. Choose one that was saved from a plot.") from error


def write_gates(path: Path, gates: Iterable[Gate]) -> None:
    """Write gates, whole or not at all.

    Raises
    ------
    OutputNotWritable
        If that cannot be done.
    """
    records = [
        _GateRecord(
            name=gate.name,
            axes=[_AxisRecord(column=axis.name, unit=axis.unit, log=axis.is_log) for axis in gate.axes],
            corners=[list(corner) for corner in gate.corners],
        )
        for gate in gates
    ]
    with replacing(path) as part:
        part.write_text(_GateFile(gates=records).model_dump_json(indent=1) + "\n", encoding="utf-8")


class GateShelf:
    """Named gates in the order they were saved, each name once.

    Parameters
    ----------
    path : Path, optional
        Where they are kept; `gates_path` if None. What cannot be read there is a line in the log, and stays.
    beside : GateShelf, optional
        Others that are offered too, as a person's own beside those of a project; of one name, the first counts.
    """

    def __init__(self, path: Path | None = None, beside: GateShelf | None = None) -> None:
        self._path = path or gates_path()
        self._beside = beside
        self._gates: dict[str, Gate] = {}
        if self._path is not None and self._path.is_file():
            try:
                self._gates = {gate.name: gate for gate in read_gates(self._path)}
            except BadParameter as error:
                _log.warning("%s", error)
                self._path = None

    @property
    def gates(self) -> tuple[Gate, ...]:
        """All of them."""
        others = self._beside.gates if self._beside is not None else ()
        return (*self._gates.values(), *(gate for gate in others if gate.name not in self._gates))

    def named(self, name: str) -> Gate | None:
        """Return the gate of that name."""
        return next((gate for gate in self.gates if gate.name == name), None)

    def put(self, gate: Gate) -> None:
        """Keep a gate under its name, in the place of one of the same name.

        Raises
        ------
        BadParameter
            If it has no name.
        """
        name = gate.name.strip()
        if not name:
            raise BadParameter("A gate needs a name to be found again.")
        self._gates[name] = gate.named(name)
        self._save()

    def drop(self, name: str) -> None:
        """Forget the gate of that name; one that lies beside, if there is none of our own."""
        if self._gates.pop(name, None) is not None:
            self._save()
        elif self._beside is not None:
            self._beside.drop(name)

    def _save(self) -> None:
        if self._path is None:
            return
        try:
            write_gates(self._path, tuple(self._gates.values()))
        except OutputNotWritable as error:
            _log.warning("The gates were not saved. %s", error)
