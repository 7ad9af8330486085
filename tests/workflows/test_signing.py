"""A signature fits one manifest and one key, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.core import BadParameter, OutputExists
from cellwright.workflows.signing import sign_manifest, signature_path, signature_problem

pytest.importorskip("cryptography", reason="cryptography is not installed; `make setup` brings it")

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def write_keys(folder: Path, name: str, password: bytes | None = None) -> tuple[Path, Path]:
    key = ed25519.Ed25519PrivateKey.generate()
    return _write(folder, name, key, password)


def _write(folder: Path, name: str, key: object, password: bytes | None = None) -> tuple[Path, Path]:
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(pem, pkcs8, locked))  # type: ignore[attr-defined]
    public.write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    )
    return private, public


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"manifest":1}')
    return path


def test_a_signature_fits_its_manifest_and_key_alone(manifest: Path, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "mine")
    _, other = write_keys(tmp_path, "other")
    assert sign_manifest(manifest, private) == signature_path(manifest) == tmp_path / "manifest.json.sig"
    assert signature_problem(manifest, public) == ""
    assert "does not fit" in signature_problem(manifest, other)
    manifest.write_bytes(b'{"manifest":2}')
    assert "was changed after it was signed" in signature_problem(manifest, public)
    signature_path(manifest).write_bytes(b"not base64!")
    assert "is damaged" in signature_problem(manifest, public)
    with pytest.raises(OutputExists):
        sign_manifest(manifest, private)
    sign_manifest(manifest, private, overwrite=True)
    assert signature_problem(manifest, public) == ""


def test_a_key_with_a_password_asks_for_it(manifest: Path, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "locked", b"secret")
    with pytest.raises(BadParameter, match="password is wrong"):
        sign_manifest(manifest, private, lambda: "guess")
    sign_manifest(manifest, private, lambda: "secret")
    assert signature_problem(manifest, public) == ""


def test_what_is_no_fitting_key_is_one_sentence(manifest: Path, tmp_path: Path) -> None:
    private, public = _write(tmp_path, "curve", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(BadParameter, match="another kind"):
        sign_manifest(manifest, private)
    sign_manifest(manifest, write_keys(tmp_path, "mine")[0])
    for key, expected in ((public, "another kind"), (manifest, "no public key"), (tmp_path / "gone", "cannot be read")):
        with pytest.raises(BadParameter, match=expected):
            signature_problem(manifest, key)
    with pytest.raises(BadParameter, match="no private key"):
        sign_manifest(manifest, public)


def test_every_byte_of_a_signature_matters(manifest: Path, tmp_path: Path) -> None:
    import base64

    private, public = write_keys(tmp_path, "mine")
    sign_manifest(manifest, private)
    whole = base64.b64decode(signature_path(manifest).read_bytes())
    for place in range(0, 64, 7):
        broken = bytearray(whole)
        broken[place] ^= 1
        signature_path(manifest).write_bytes(base64.b64encode(broken))
        assert signature_problem(manifest, public)
