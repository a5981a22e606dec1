"""Checkpoints: a writer's head, signed, so that who can write the journal still cannot write another history.

The keys are Ed25519 in PEM files: the private one as PKCS8, as `openssl genpkey -algorithm ed25519` makes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from oktsec_lint.core.chain import Head
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.core.values import NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_Loaded = TypeVar("_Loaded")


class Checkpoint(NamedTuple):
    """A head that somebody signed."""

    head: Head
    time: str
    """When, in the words of who signed; part of what is signed."""
    key: str
    """Fingerprint of the public key: SHA-256 of its 32 bytes, hexadecimal."""
    signature: str
    """Hexadecimal."""


class Signer(NamedTuple):
    """A private key, ready for use."""

    key: str
    """Fingerprint of the public key."""
    sign: Callable[[bytes], bytes]

    def checkpoint(self, head: Head, time: str) -> Checkpoint:
        return Checkpoint(head, time, self.key, self.sign(statement(head, time)).hex())


class Verifier(NamedTuple):
    """A public key, ready for use."""

    key: str
    verify: Callable[[bytes, bytes], None]
    """Raises `cryptography`'s InvalidSignature."""

    def vouches(self, checkpoint: Checkpoint) -> bool:
        """Whether the signature is of this key, over just this head and time."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.verify(bytes.fromhex(checkpoint.signature), statement(checkpoint.head, checkpoint.time))
        except (InvalidSignature, ValueError):
            return False
        return True


def statement(head: Head, time: str) -> bytes:
    """What is signed. Its first member keeps a signature from meaning anything elsewhere."""
    fields = {"checkpoint": "oktsec-lint journal", **head._asdict(), "time": time}
    return canonical(fields).encode("utf-8", "surrogatepass")


def signer(path: Path) -> Signer:
    """The private key in a file. Raises JournalError, also where `cryptography` is missing."""
    return _loaded(path, "Ed25519 private key in PKCS8 PEM without a password", _signer)


def verifier(path: Path) -> Verifier:
    """The public key in a file. Raises JournalError, also where `cryptography` is missing."""
    return _loaded(path, "Ed25519 public key in PEM", _verifier)


def _loaded(path: Path, wanted: str, load: Callable[[bytes], _Loaded | None]) -> _Loaded:
    try:
        loaded = load(path.read_bytes())
    except ImportError:
        hint = "pip install cryptography"
        raise JournalError("signed checkpoints need the package `cryptography`", hint=hint) from None
    except OSError as error:
        raise JournalError((error.strerror or str(error)).lower(), path=str(path)) from None
    except (ValueError, TypeError):  # TypeError: a key with a password
        loaded = None
    if loaded is None:
        raise JournalError(f"this is no {wanted}", path=str(path))
    return loaded


def _signer(pem: bytes) -> Signer | None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem, None)
    return Signer(_fingerprint(key.public_key()), key.sign) if isinstance(key, Ed25519PrivateKey) else None


def _verifier(pem: bytes) -> Verifier | None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem)
    return Verifier(_fingerprint(key), key.verify) if isinstance(key, Ed25519PublicKey) else None


def _fingerprint(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
