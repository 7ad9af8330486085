"""JSON that has one form only (RFC 8785), so that whoever writes the same values writes the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from cellwright.core.errors import BadParameter

LARGEST_INTEGER = 2**53 - 1
"""Beyond it, whole numbers are not the same in every reader of JSON (RFC 7493)."""


def canonical_json(value: Any) -> bytes:
    """Return a value as JSON in the form of RFC 8785, the JSON Canonicalization Scheme.

    Members are sorted by the UTF-16 units of their names, nothing stands between tokens, text is escaped only where it
    must be, and numbers are written as ECMAScript writes them.

    Parameters
    ----------
    value : object
        None, truth values, whole numbers up to 2⁵³ - 1, finite floats, text, lists, tuples and mappings from text.

    Returns
    -------
    bytes
        UTF-8, without a byte order mark and without a line end.

    Raises
    ------
    BadParameter
        If a part is none of these, or text holds half a surrogate pair.
    """
    try:
        return _written(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadParameter(f"This text cannot stand in canonical JSON: {error.object!r}.") from error


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # What Python escapes here is what the RFC asks for: quotes, backslashes and control characters.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise BadParameter(f"{value} is too large for canonical JSON, which keeps whole numbers up to 2⁵³ - 1.")
        return str(value)
    if isinstance(value, float):
        return ecmascript_number(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_written(name)}:{_written(value[name])}' for name in sorted(value, key=_units))}}}"
    raise BadParameter(f"{type(value).__name__} {value!r} has no form in canonical JSON.")


def _units(name: object) -> bytes:
    if not isinstance(name, str):
        raise BadParameter(f"{name!r} names a member of canonical JSON, but is no text.")
    return name.encode("utf-16-be")


def ecmascript_number(value: float) -> str:
    """Return a float as ECMAScript's ``Number::toString`` writes it (ECMA-262, 6.1.6.1.20).

    Raises
    ------
    BadParameter
        If it is not finite.
    """
    if not math.isfinite(value):
        raise BadParameter(f"{value} has no form in canonical JSON, which knows finite numbers alone.")
    if value == 0:
        return "0"  # also for -0
    sign = "-" if value < 0 else ""
    # Python's shortest digits that read back the same are ECMAScript's; only their places differ.
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    all_digits = whole + fraction
    digits = all_digits.lstrip("0")
    point = len(whole) + int(power or 0) - (len(all_digits) - len(digits))  # the value is 0.DIGITS × 10^point
    return sign + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"{digits[0]}{'.' if count > 1 else ''}{digits[1:]}{power}"
