"""Who can read, measure, write or compute what: found in the metadata of installed packages, imported on first need."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from cellwright.core.errors import PluginNotUsable, unknown_name

T = TypeVar("T")

OWN_DISTRIBUTION = "cellwright"


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered name.

    Parameters
    ----------
    name : str
        What it is asked for by.
    target : str
        Where the object is: ``"package.module:attribute"``.
    distribution : str
        Name of the installed package that declares it.
    """

    name: str
    target: str
    distribution: str

    def load(self) -> object:
        """Import and return the object."""
        return EntryPoint(self.name, self.target, "").load()


class Registry(Generic[T]):
    """Names of one entry-point group; nothing is imported before `load` asks for it.

    A name declared by another package wins over our own of the same name, so that a better reader can replace ours.

    Parameters
    ----------
    group : str
        Entry-point group, such as ``"cellwright.readers"``.
    kind : str
        What one entry is called in messages: ``"reader"``.
    own : mapping of str to str, optional
        Our own entries, name to target: known even in a checkout that was never installed.
    """

    def __init__(self, group: str, kind: str, own: Mapping[str, str] | None = None) -> None:
        self.group = group
        self.kind = kind
        self._own = dict(own or {})
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] | None = None
        self._loaded: dict[str, T] = {}
        self._failures: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.entries()

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries())

    def entries(self) -> Mapping[str, Entry]:
        """Return every entry by name, sorted; reads metadata once and imports nothing."""
        with self._lock:
            if self._entries is None:
                self._entries = self._find()
            return self._entries

    def load(self, name: str) -> T:
        """Return the object registered under `name`, importing it the first time.

        Raises
        ------
        UnknownName
            If nothing is registered under that name.
        PluginNotUsable
            If it is registered but cannot be imported.
        """
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._import(name)
            return self._loaded[name]

    def add(self, name: str, target: str) -> None:
        """Let this process know one more name, as ``"package.module:attribute"``; installed packages win over it."""
        with self._lock:
            self._own[name] = target
            self._entries = None

    def failures(self) -> Mapping[str, str]:
        """Return what could not be imported so far: name to the reason, in words."""
        with self._lock:
            return dict(self._failures)

    def refresh(self) -> None:
        """Forget what was found, so that newly installed packages are seen."""
        with self._lock:
            self._entries = None
            self._loaded.clear()
            self._failures.clear()

    def _find(self) -> dict[str, Entry]:
        found = {name: Entry(name, target, OWN_DISTRIBUTION) for name, target in self._own.items()}
        for point in entry_points(group=self.group):
            distribution = point.dist.name if point.dist else "unknown"
            if distribution == OWN_DISTRIBUTION and point.name in found:
                continue
            found[point.name] = Entry(point.name, point.value, distribution)
        return dict(sorted(found.items()))

    def _import(self, name: str) -> T:
        entries = self.entries()
        if name not in entries:
            raise unknown_name(self.kind, name, entries)
        entry = entries[name]
        try:
            return entry.load()  # type: ignore[return-value]
        except Exception as error:  # a plugin's import may fail in any way; it must not take the program along
            reason = f"{type(error).__name__}: {error}"
            self._failures[name] = reason
            raise PluginNotUsable(
                f"The {self.kind} {name!r} of the package {entry.distribution!r} cannot be loaded ({reason}). "
                f"Update or remove that package."
            ) from error
