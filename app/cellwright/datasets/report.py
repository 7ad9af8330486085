"""`ImportReport`: what reading a labelled set left out or changed, why, how often, and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

EXAMPLES_KEPT = 5


class Kind(str, Enum):
    """What a finding did to the set."""

    PICTURE = "picture left out"
    """The whole picture is missing from the set."""
    BOX = "box left out"
    """One box is missing from the set."""
    KEPT = "kept"
    """Nothing is missing, but a person should know."""


class Reason(str, Enum):
    """Why something was left out or changed; the value is what a person reads."""

    NO_PICTURE = "the picture file is missing"
    """A label or a list names a picture that is not there."""
    BAD_PICTURE = "the picture file cannot be read"
    """The header is damaged, empty, or not a picture."""
    NO_LABELS = "the picture has no label file"
    """Nobody said that it is empty, so it is not counted as empty."""
    BAD_LABELS = "the label file cannot be read"
    """Not text, not XML, or not what its format asks for."""
    OUTSIDE_ROOT = "the path leads out of the folder of the set"
    """Absolute, with ``..``, or through a symbolic link."""
    LISTED_TWICE = "the picture is listed twice"
    """Only the first entry counts."""
    LABELS_DIFFER = "the labels are of another size than the picture"
    """Nobody knows which pixel belongs to which."""

    BAD_LINE = "the entry is malformed"
    """Wrong number of values, or text where a number belongs."""
    NOT_FINITE = "a coordinate is not a finite number"
    """NaN or infinity."""
    UNKNOWN_CLASS = "the class is unknown"
    """A number without a name, or a name nobody declared."""
    UNWANTED_CLASS = "the class was not asked for"
    """It is not among the classes that the caller gave."""
    NEGATIVE_SIZE = "the box ends before it begins"
    """Width or height below 0."""
    ZERO_SIZE = "the box has no area"
    """Width or height of 0."""
    OUTSIDE = "the box lies outside the picture"
    """No pixel of it is in the picture."""
    DUPLICATE = "the same box and class stand there twice"
    """Only the first counts."""
    NO_BOX = "the object has no box"
    """For example a COCO annotation with a run-length mask alone."""

    CLIPPED = "the box reached over the edge and was cut there"
    """More than half a pixel hung over."""
    SAME_BOX = "one box carries two classes"
    """Both are kept; one of them is probably wrong."""
    SIZE_DIFFERS = "the stated size is not that of the picture file"
    """The size of the file is used."""
    POLYGON = "an outline was replaced by the box around it"
    """Only boxes are read."""
    NO_SPLIT = "the picture belongs to no split"
    """Other pictures of the set do."""
    SPARE_VALUE = "a value of the labels belongs to no class"
    """Its pixels are judged neither way."""
    SAME_ID = "two objects carry the same id"
    """Both are kept, under new ids."""
    NO_OUTLINE = "the object has a box but no outline that can be read"
    """Other objects of the set have; the picture is used for its boxes only."""

    @property
    def kind(self) -> Kind:
        """What this reason does to the set."""
        return _KINDS.get(self, Kind.BOX)


_KINDS = {
    Reason.NO_PICTURE: Kind.PICTURE,
    Reason.BAD_PICTURE: Kind.PICTURE,
    Reason.NO_LABELS: Kind.PICTURE,
    Reason.BAD_LABELS: Kind.PICTURE,
    Reason.OUTSIDE_ROOT: Kind.PICTURE,
    Reason.LISTED_TWICE: Kind.PICTURE,
    Reason.LABELS_DIFFER: Kind.PICTURE,
    Reason.CLIPPED: Kind.KEPT,
    Reason.SAME_BOX: Kind.KEPT,
    Reason.SIZE_DIFFERS: Kind.KEPT,
    Reason.POLYGON: Kind.KEPT,
    Reason.NO_SPLIT: Kind.KEPT,
    Reason.SPARE_VALUE: Kind.KEPT,
    Reason.SAME_ID: Kind.KEPT,
    Reason.NO_OUTLINE: Kind.KEPT,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, how often it applied, and the first few places.

    Parameters
    ----------
    reason : Reason
        Why.
    count : int
        How often.
    examples : tuple of str
        At most five places such as ``"labels/0007.txt:3"``.
    """

    reason: Reason
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        rest = ", …" if self.count > len(self.examples) else ""
        return f"{self.count} × {self.reason.value} ({self.reason.kind.value}): {', '.join(self.examples)}{rest}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in, what did not, and why.

    Parameters
    ----------
    format : str
        One of `FORMATS`.
    root : str
        Folder of the set.
    pictures, boxes : int
        How many are in the set.
    findings : tuple of Finding
        In the order of `Reason`, each at most once.
    notes : tuple of str
        Decisions about the set as a whole, one sentence each.
    """

    format: str
    root: str
    pictures: int
    boxes: int
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, reason: Reason) -> int:
        """Return how often a reason applied."""
        return sum(f.count for f in self.findings if f.reason is reason)

    def _count_kind(self, kind: Kind) -> int:
        return sum(f.count for f in self.findings if f.reason.kind is kind)

    @property
    def pictures_left_out(self) -> int:
        """How many pictures are missing from the set."""
        return self._count_kind(Kind.PICTURE)

    @property
    def boxes_left_out(self) -> int:
        """How many boxes are missing from the pictures that are in the set."""
        return self._count_kind(Kind.BOX)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was left out."""
        return not (self.pictures_left_out or self.boxes_left_out)

    def sentence(self) -> str:
        """Return the whole report in one sentence."""
        text = f"{_many(self.boxes, 'box', 'boxes')} on {_many(self.pictures, 'picture', 'pictures')}"
        if self.is_clean:
            return f"{text}; nothing was left out."
        boxes = _many(self.boxes_left_out, "box", "boxes")
        return f"{text}; left out: {boxes} and {_many(self.pictures_left_out, 'picture', 'pictures')}."

    def lines(self) -> list[str]:
        """Return the report as lines of text, the sentence first."""
        return [self.sentence(), *(str(f) for f in self.findings), *self.notes]

    def to_dict(self) -> dict[str, object]:
        """Return the report as values that JSON knows."""
        return {
            "format": self.format,
            "root": self.root,
            "pictures": self.pictures,
            "boxes": self.boxes,
            "pictures_left_out": self.pictures_left_out,
            "boxes_left_out": self.boxes_left_out,
            "findings": [
                {
                    "reason": f.reason.name.lower(),
                    "text": f.reason.value,
                    "effect": f.reason.kind.value,
                    "count": f.count,
                    "examples": list(f.examples),
                }
                for f in self.findings
            ],
            "notes": list(self.notes),
        }


@dataclass(slots=True)
class FindingLog:
    """Collects findings while a set is read."""

    counts: dict[Reason, int] = field(default_factory=dict)
    examples: dict[Reason, list[str]] = field(default_factory=dict)

    def add(self, reason: Reason, where: str) -> None:
        """Note that a reason applied at one place."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        places = self.examples.setdefault(reason, [])
        if len(places) < EXAMPLES_KEPT:
            places.append(where)

    def extend(self, found: Iterable[tuple[Reason, str]]) -> None:
        """Note several."""
        for reason, where in found:
            self.add(reason, where)

    def findings(self) -> tuple[Finding, ...]:
        """Return what was collected, in the order of `Reason`."""
        return tuple(Finding(r, self.counts[r], tuple(self.examples[r])) for r in Reason if r in self.counts)


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
