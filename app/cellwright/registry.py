"""Who can read, measure, write or compute what: found in the metadata of installed packages, imported on first need."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from cellwright.core.errors import CellwrightError, PluginNotUsable, unknown_name

T = TypeVar("T")

OWN_DISTRIBUTION = "cellwright"

INTERFACE = 1
"""Version of what plugins and Cellwright expect of each other; raised when an old plugin would no longer work."""

INTERFACE_NAME = "CELLWRIGHT_INTERFACE"
"""A plugin says in its module, or in a package above it, for which version it was written."""


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
    version : str
        Of that package; empty where it is our own.
    """

    name: str
    target: str
    distribution: str
    version: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it came with Cellwright."""
        return self.distribution == OWN_DISTRIBUTION

    def load(self) -> object:
        """Import and return the object.

        Raises
        ------
        ValueError
            If its target names no object; whatever the import raises passes as it is.
        """
        point = EntryPoint(self.name, self.target, "")
        if point.pattern.match(self.target) is None:
            raise ValueError(f"its entry point {self.target!r} is not written as 'package.module:name'")
        return point.load()

    def interface_problem(self) -> str:
        """Return why the loaded object's plugin was not written for this program; empty where it was."""
        if self.is_own:
            return ""
        module = self.target.partition(":")[0]
        parents = [module.rsplit(".", depth)[0] for depth in range(module.count(".") + 1)]
        said = next((getattr(sys.modules.get(name), INTERFACE_NAME) for name in parents if _says_interface(name)), None)
        if said == INTERFACE:
            return ""
        if said is None:
            return f"its module does not say {INTERFACE_NAME} = {INTERFACE}"
        return f"it was written for version {said!r} of the plugin interface, and this program has {INTERFACE}"


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
    problem_of : callable, optional
        Says of a loaded object in a phrase why it cannot be what this group is for; empty where it can.
    """

    def __init__(
        self,
        group: str,
        kind: str,
        own: Mapping[str, str] | None = None,
        problem_of: Callable[[object], str] | None = None,
    ) -> None:
        self.group = group
        self.kind = kind
        self._problem_of = problem_of
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

    def is_loaded(self, name: str) -> bool:
        """Whether `load` would answer at once; never waits for an import under way."""
        return name in self._loaded

    def own(self) -> tuple[str, ...]:
        """Return the names of our own entries, in their order; no metadata is read."""
        return tuple(self._own)

    def fail(self, name: str, reason: str) -> None:
        """Note why an entry that could be loaded turned out not to work: the list of plugins says so."""
        with self._lock:
            self._failures[name] = reason

    @contextmanager
    def blaming(self, name: str) -> Iterator[None]:
        """Turn what an entry of another package raises at its work into a sentence, and note it as `fail` does.

        Errors that are sentences already pass, a lack of memory too, and whatever our own entries raise.

        Raises
        ------
        PluginNotUsable
            If it raised anything else.
        """
        try:
            yield
        except (CellwrightError, MemoryError):
            raise
        except Exception as error:
            entry = self.entries().get(name)
            if entry is None or entry.is_own:
                raise
            raise self._unusable(entry, _said_by(error)) from error

    def is_own_name(self, name: str) -> bool:
        """Whether one of our own entries has that name, even where another package has taken its place."""
        return name in self._own

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
            version = point.dist.version if point.dist else ""
            found[point.name] = Entry(point.name, point.value, distribution, version)
        return dict(sorted(found.items()))

    def _import(self, name: str) -> T:
        entries = self.entries()
        if name not in entries:
            raise unknown_name(self.kind, name, entries)
        entry = entries[name]
        try:
            loaded = entry.load()
            reason = entry.interface_problem() or (self._problem_of(loaded) if self._problem_of else "")
        except KeyboardInterrupt:
            raise
        # It may fail in any way, and must not take the program along: native libraries panic past `Exception`.
        except BaseException as error:
            raise self._unusable(entry, _said_by(error)) from error
        if reason:
            raise self._unusable(entry, reason)
        return loaded  # type: ignore[return-value]

    def _unusable(self, entry: Entry, reason: str) -> PluginNotUsable:
        self._failures[entry.name] = reason
        return PluginNotUsable(
            f"The {self.kind} {entry.name!r} of the package {entry.distribution!r} cannot be used ({reason}). "
            f"Update or remove that package."
        )


def _said_by(error: BaseException) -> str:
    """Return kind and text of an error of somebody else, whose text may fail as well."""
    try:
        words = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - whatever it is, the kind can be told
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _says_interface(module: str) -> bool:
    return hasattr(sys.modules.get(module), INTERFACE_NAME)


def problem_if_not_callable(loaded: object) -> str:
    """Return why an object cannot be called; empty where it can."""
    return "" if callable(loaded) else f"it is {type(loaded).__name__}, which cannot be called"
