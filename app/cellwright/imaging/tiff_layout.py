"""How the axes of a TIFF stack become planes, time points and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

_CHANNEL_AXES = frozenset("CS")


@dataclass(frozen=True, slots=True)
class StackLayout:
    """Order of the planes of a stack: everything before Y and X, flattened in the order of the file.

    Parameters
    ----------
    lead : tuple of int
        Lengths of the axes before Y.
    roles : str
        One letter an axis of `lead`: C (channel), Z (plane) or T (time point).
    samples : int
        Values stored side by side for each pixel, after X.
    """

    lead: tuple[int, ...]
    roles: str
    samples: int

    @property
    def n_lead_channels(self) -> int:
        """Number of channels stored as planes of their own."""
        return self._count("C")

    @property
    def n_channels(self) -> int:
        """Number of stored channels in all; the samples vary fastest."""
        return self.n_lead_channels * self.samples

    @property
    def n_z(self) -> int:
        """Number of planes in depth."""
        return self._count("Z")

    @property
    def n_t(self) -> int:
        """Number of time points."""
        return self._count("T")

    def plane(self, channel: int, z: int, t: int) -> int:
        """Return the index of a stored plane.

        Parameters
        ----------
        channel : int
            Among the channels stored as planes of their own.
        z, t : int
            Plane in depth and time point.
        """
        rest = {"C": channel, "Z": z, "T": t}
        index, stride = 0, 1
        for length, role in zip(reversed(self.lead), reversed(self.roles), strict=True):
            rest[role], position = divmod(rest[role], length)
            index += position * stride
            stride *= length
        return index

    def _count(self, role: str) -> int:
        return prod(length for length, own in zip(self.lead, self.roles, strict=True) if own == role)


def layout_of(axes: str, shape: Sequence[int]) -> StackLayout:
    """Read the layout from axis letters as tifffile gives them.

    C and S are channels, Z depth, T time. Pages that nobody named (I, Q) and rarer axes are taken as depth where there
    is none, as time where there is no time, and else as more time points.

    Parameters
    ----------
    axes : str
        Such as ``"TZCYXS"``.
    shape : sequence of int
        Length of each axis.

    Raises
    ------
    ValueError
        If there is no picture plane in it.
    """
    if "YX" not in axes:
        raise ValueError(f"there is no picture plane in the axes {axes!r}")
    y = axes.index("YX")
    lead_axes = axes[:y]
    taken = set(lead_axes)
    roles = ""
    for axis, length in zip(lead_axes, shape, strict=False):
        role = "C" if axis in _CHANNEL_AXES else axis
        if role not in "CZT":
            role = "T" if "Z" in taken and length > 1 else "Z"
            taken |= {role} if length > 1 else set()
        roles += role
    return StackLayout(tuple(shape[:y]), roles, prod(shape[y + 2 :]))
