"""Keys that lie outside the database: one signs the log, one wraps the patients' own keys.

Of signing keys that were in use before, the file keeps the public half and the entry of the log
that handed over to the next: they vouch for what is older, and for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from antagonist.foundation.errors import InputError

NONCE_BYTES = 12
PRIVATE = 0o600
# What group and others must not have; of a file handed over by root, all but reading by the group.
OTHERS, OTHERS_WRITE = 0o077, 0o037


@dataclass(frozen=True, slots=True)
class Retired:
    """A signing key that was in use before. public: base64.

    n, hash: of the log's entry that handed over; the key vouches for entries before it only.
    """

    public: str
    n: int
    hash: str


@dataclass(frozen=True)
class Keyring:
    """The record's keys. path: their file; its folder also keeps the log's last known head.

    retired: signing keys before this one, the oldest first.
    """

    path: Path
    signing: Ed25519PrivateKey
    master: bytes = field(repr=False)
    retired: tuple[Retired, ...] = ()

    @cached_property
    def public(self) -> str:
        """The public half of the signing key, base64."""
        raw = self.signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def sign(self, text: str) -> str:
        """A signature over a text, base64.

        Source: RFC 8032 (Ed25519).
        """
        return base64.b64encode(self.signing.sign(text.encode())).decode()

    def signed(self, text: str, signature: str) -> bool:
        """Whether a signature is this key's over a text."""
        return signed_with(self.public, text, signature)

    def signed_at(self, n: int, text: str, signature: str) -> bool:
        """Whether a signature is of the key that was in use at an entry of the log. n: of it."""
        then = next((old.public for old in self.retired if n < old.n), self.public)
        return signed_with(then, text, signature)

    def seal(self, content: bytes, key: bytes) -> bytes:
        """Content sealed with a key: nonce, then AES-GCM (NIST SP 800-38D)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, None)

    def unseal(self, sealed: bytes, key: bytes) -> bytes:
        """What was sealed. Raises InputError where the key does not fit."""
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):  # the latter for what is too short to be sealed
            raise InputError("record", "key", None, "the key that sealed it") from None

    def digest(self, text: str) -> str:
        """A keyed digest of a text, for exact matches without showing it."""
        return hmac.new(self.master, text.encode(), hashlib.sha256).hexdigest()


def signed_with(public: str, text: str, signature: str) -> bool:
    """Whether a signature is over a text. public: half of the key that made it, base64."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def new_keyring(path: Path) -> Keyring:
    """New keys, in memory only. path: of the file that they are meant for."""
    return Keyring(path, Ed25519PrivateKey.generate(), AESGCM.generate_key(256))


def content_of(keys: Keyring) -> bytes:
    """Keys as their file has them."""
    private = keys.signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    content: dict[str, Any] = {
        "signing": base64.b64encode(private).decode(),
        "master": base64.b64encode(keys.master).decode(),
    }
    if keys.retired:
        content["retired"] = [asdict(old) for old in keys.retired]
    return json.dumps(content).encode()


def create_keyring(path: Path) -> Keyring:
    """New keys in a file that only its owner can read. Raises InputError where one is there."""
    content = content_of(new_keyring(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise InputError("record", "keys", str(path), "a file that is not there yet") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return load_keyring(path)


def load_keyring(path: Path) -> Keyring:
    """Keys from their file.

    Raises InputError for a file that is missing, is not one, or that other users may read.
    """
    try:
        with path.open(encoding="utf-8") as file:
            _refuse_open(path, os.fstat(file.fileno()))
            content = json.loads(file.read())
        signing = Ed25519PrivateKey.from_private_bytes(base64.b64decode(content["signing"]))
        master = base64.b64decode(content["master"])
        retired = tuple(_retired(old) for old in content.get("retired", ()))
    except InputError:
        raise
    except OSError as error:
        raise InputError(
            "record", "keys", str(path), f"a readable file ({error.strerror})"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError("record", "keys", str(path), "the record's key file") from None
    return Keyring(path, signing, master, retired)


def _retired(content: Mapping[str, Any]) -> Retired:
    return Retired(str(content["public"]), int(content["n"]), str(content["hash"]))


def _refuse_open(path: Path, found: os.stat_result) -> None:
    """Raises InputError for a file that its owner does not have for himself (POSIX).

    A group may read what is root's: systemd hands credentials over so, and the group bits are then
    the mask of an access list that names one user.
    """
    if os.name != "posix":
        return
    handed_over = found.st_uid == 0 and os.geteuid() != 0
    if found.st_mode & (OTHERS_WRITE if handed_over else OTHERS):
        mode = oct(stat.S_IMODE(found.st_mode))
        raise InputError("record", "keys", f"{path}, mode {mode}", "only its owner's: chmod 600")
