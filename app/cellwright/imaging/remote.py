"""Addresses of slides on a server, kept in a `Path` like any other place; nothing asks unless a person gave one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_SCHEMES = ("https", "http", "s3")


def address_of(path: str | Path) -> str | None:
    """Return the address that a path stands for, None for a place on this machine.

    A `Path` folds the two slashes of an address into one; they are put back.

    Parameters
    ----------
    path : str or Path
        ``"https://host/slide.zarr"``, or the `Path` of it.
    """
    text = path if isinstance(path, str) else path.as_posix()
    scheme, _, rest = text.partition(":/")
    rest = rest.lstrip("/")
    return f"{scheme.lower()}://{rest.rstrip('/')}" if scheme.lower() in _SCHEMES and rest else None


def resolved(path: str | Path) -> Path:
    """Return a path absolute and without links; an address as it is, which is no place in a folder."""
    address = address_of(path)
    return Path(path).resolve() if address is None else Path(address)


def is_address(path: str | Path) -> bool:
    """Whether a path stands for a picture on a server."""
    return address_of(path) is not None


def storage_options(address: str) -> dict[str, Any]:
    """Return how fsspec asks a server: without signing in at S3, unless the environment says who asks."""
    if not address.startswith("s3:"):
        return {}
    return {"anon": not (os.environ.get("AWS_ACCESS_KEY_ID") or os.environ.get("AWS_PROFILE"))}
