"""Whether the list of pictures in a TIFF file is whole: each entry names the next, and a cut file breaks the chain."""

from __future__ import annotations

import struct

from cellwright.imaging.files import FileBytes

_MAX_ENTRIES = 1_000_000


def count_pages(file: FileBytes) -> int:
    """Follow the chain of directories to its end and return how many there are.

    Raises
    ------
    EOFError
        If the chain leads beyond the end of the file.
    ValueError
        If it runs in a circle or does not begin like a TIFF file.
    """
    order = "<" if file.read_at(0, 2) == b"II" else ">"
    version = struct.unpack(order + "H", file.read_at(2, 2))[0]
    if version not in (42, 43):
        raise ValueError(f"its TIFF version is {version}, and only 42 and 43 exist")
    is_big = version == 43
    count_format, offset_format, entry_bytes = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    count_bytes, offset_bytes = struct.calcsize(count_format), struct.calcsize(offset_format)

    def number(offset: int, length: int, form: str) -> int:
        return int(struct.unpack(order + form, file.read_at(offset, length))[0])

    offset = number(8 if is_big else 4, offset_bytes, offset_format)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) > _MAX_ENTRIES:
            raise ValueError("its list of pages runs in a circle")
        seen.add(offset)
        if offset >= file.size:
            raise EOFError(f"page {len(seen)} should begin at byte {offset:,}, and the file has {file.size:,}")
        entries = number(offset, count_bytes, count_format)
        offset = number(offset + count_bytes + entries * entry_bytes, offset_bytes, offset_format)
    return len(seen)
