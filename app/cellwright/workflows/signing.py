"""Ed25519 signatures of manifests, with keys that a person names; nothing is ever signed without being asked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import BadParameter
from cellwright.core.atomic import replacing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def signature_path(manifest: Path) -> Path:
    """Return where the signature of a manifest stands: beside it, with ``.sig`` behind the name."""
    return manifest.with_name(f"{manifest.name}.sig")


def sign_manifest(
    manifest: Path, key: Path, password: Callable[[], str] | None = None, *, overwrite: bool = False
) -> Path:
    """Sign the bytes of a manifest and write the signature beside it, in base64.

    Parameters
    ----------
    manifest : Path
        What is signed.
    key : Path
        A private Ed25519 key as PEM (PKCS #8), as ``openssl genpkey -algorithm ed25519`` makes it.
    password : callable, optional
        Asked for the password where the key has one.
    overwrite : bool
        Whether a signature already there may be replaced.

    Raises
    ------
    BadParameter
        If the manifest or the key cannot be read, or the package that signs is not installed.
    OutputExists, OutputNotWritable
        If a signature is there and `overwrite` is false, or it cannot be written.
    """
    content = _bytes(manifest)
    signature = _private(key, password).sign(content)
    path = signature_path(manifest)
    with replacing(path, overwrite=overwrite) as part:
        part.write_bytes(base64.b64encode(signature) + b"\n")
    return path


def signature_problem(manifest: Path, key: Path) -> str:
    """Return why the signature beside a manifest is not that of a public key (PEM), or an empty string.

    Raises
    ------
    BadParameter
        If the key cannot be read, or the package that checks is not installed.
    """
    public = _public(key)  # the first, because it says what is not installed
    from cryptography.exceptions import InvalidSignature

    try:
        signature = base64.b64decode(_bytes(signature_path(manifest)).strip(), validate=True)
    except binascii.Error:
        return "is no signature: the file is damaged"
    try:
        public.verify(signature, _bytes(manifest))
    except InvalidSignature:
        return f"does not fit: the manifest was changed after it was signed, or with another key than {key.name}"
    return ""


def _private(path: Path, password: Callable[[], str] | None) -> Ed25519PrivateKey:
    _refuse_without_package()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    content = _bytes(path)
    try:
        try:
            key = serialization.load_pem_private_key(content, None)
        except TypeError:  # it has a password
            said = password() if password is not None else ""
            key = serialization.load_pem_private_key(content, said.encode("utf-8"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadParameter(f"{path} is no private key in PEM form, or the password is wrong.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadParameter(f"{path} is a key of another kind; make one with 'openssl genpkey -algorithm ed25519'.")
    return key


def _public(path: Path) -> Ed25519PublicKey:
    _refuse_without_package()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    content = _bytes(path)
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadParameter(
            f"{path} is no public key in PEM form; make it with 'openssl pkey -in PRIVATE.pem -pubout'."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadParameter(f"{path} is a key of another kind; manifests are signed with Ed25519.")
    return key


def _refuse_without_package() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise BadParameter("Signing needs the package cryptography: pip install 'cellwright[sign]'.") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadParameter(f"{path} cannot be read ({error.strerror}).") from error
