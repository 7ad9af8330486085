"""A store of chunks that looks at each before it is unpacked: Blosc believes what a chunk says of its own length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zarr.storage import WrapperStore

from cellwright.imaging.limits import max_decoded_bytes

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest, Store
    from zarr.core.buffer import Buffer, BufferPrototype

_HEADER_BYTES = 16
_METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")


class CheckedStore(WrapperStore["Store"]):
    """Refuses Blosc chunks that were cut short; what lies behind them in memory would be taken for their end.

    Parameters
    ----------
    store : Store
        Where the chunks lie.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._blosc: set[str] = set()

    def check(self, prefix: str) -> None:
        """Look at the chunks of the array of this name from now on."""
        self._blosc.add(f"{prefix}/")

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Return the bytes under a key, None where there are none."""
        found = await super().get(key, prototype, byte_range)
        is_chunk = byte_range is None and not key.endswith(_METADATA) and key.startswith(tuple(self._blosc))
        if found is not None and is_chunk:
            _check_blosc(key, found)
        return found


def ends_in_blosc(array: Mapping[str, Any]) -> bool:
    """Whether the chunks of an array, by its description (``.zarray`` or ``zarr.json``), begin as Blosc's do."""
    compressor = array.get("compressor")
    if isinstance(compressor, Mapping):
        return compressor.get("id") == "blosc"
    codecs = array.get("codecs")
    last = codecs[-1] if isinstance(codecs, list) and codecs else None
    return isinstance(last, Mapping) and last.get("name") in ("blosc", "numcodecs.blosc")


def _check_blosc(key: str, chunk: Buffer) -> None:
    header = chunk[:_HEADER_BYTES].to_bytes()
    unpacked, packed = (int.from_bytes(header[i : i + 4], "little") for i in (4, 12))
    if len(header) < _HEADER_BYTES or packed != len(chunk):
        raise ValueError(f"the chunk {key} should have {packed:,} bytes and has {len(chunk):,}")
    if unpacked > max_decoded_bytes():
        raise ValueError(f"the chunk {key} would unpack to {unpacked:,} bytes")
