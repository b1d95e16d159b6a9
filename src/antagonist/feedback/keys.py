"""Keys that lie outside the database: one signs the log, one wraps the patients' own keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from antagonist.foundation.errors import InputError

NONCE_BYTES = 12
PRIVATE = 0o600
# What group and others must not have; of a file handed over by root, all but reading by the group.
OTHERS, OTHERS_WRITE = 0o077, 0o037


@dataclass(frozen=True)
class Keyring:
    """The record's keys. path: their file; its folder also keeps the log's last known head."""

    path: Path
    signing: Ed25519PrivateKey
    master: bytes

    def sign(self, text: str) -> str:
        """A signature over a text, base64.

        Source: RFC 8032 (Ed25519).
        """
        return base64.b64encode(self.signing.sign(text.encode())).decode()

    def signed(self, text: str, signature: str) -> bool:
        """Whether a signature is over a text."""
        try:
            self.signing.public_key().verify(base64.b64decode(signature), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def seal(self, content: bytes, key: bytes) -> bytes:
        """Content sealed with a key: nonce, then AES-GCM (NIST SP 800-38D)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, None)

    def unseal(self, sealed: bytes, key: bytes) -> bytes:
        """What was sealed. Raises InputError where the key does not fit."""
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag:
            raise InputError("record", "key", None, "the key that sealed it") from None

    def digest(self, text: str) -> str:
        """A keyed digest of a text, for exact matches without showing it."""
        return hmac.new(self.master, text.encode(), hashlib.sha256).hexdigest()


def create_keyring(path: Path) -> Keyring:
    """New keys in a file that only its owner can read. Raises InputError where one is there."""
    signing = Ed25519PrivateKey.generate()
    private = signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    content = {
        "signing": base64.b64encode(private).decode(),
        "master": base64.b64encode(AESGCM.generate_key(256)).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise InputError("record", "keys", str(path), "a file that is not there yet") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
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
    except InputError:
        raise
    except OSError as error:
        raise InputError(
            "record", "keys", str(path), f"a readable file ({error.strerror})"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError("record", "keys", str(path), "the record's key file") from None
    return Keyring(path, signing, master)


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
