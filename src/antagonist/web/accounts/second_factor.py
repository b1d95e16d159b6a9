"""The second factor: one-time codes by time (RFC 6238), from an app on its owner's phone."""

from __future__ import annotations

import hmac
import io
from dataclasses import replace
from datetime import datetime

import pyotp
import segno
from sqlalchemy import Connection, or_, update

from antagonist.feedback.handover import check_keys, hold_keys
from antagonist.feedback.keys import Keyring
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import Account

ISSUER = "Antagonist"
PICTURE_SCALE = 5  # pixels of a module


def new_secret() -> str:
    """A new secret of 160 bits, base32."""
    return pyotp.random_base32()


def picture(secret: str, name: str) -> bytes:
    """The secret as a QR code that such apps read, PNG."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    made = io.BytesIO()
    segno.make(uri, error="m").save(made, kind="png", scale=PICTURE_SCALE)
    return made.getvalue()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step for which a code is right at a moment; None where it is wrong."""
    found = pyotp.TOTP(secret)
    right = hmac.compare_digest(found.at(at).encode(), code.strip().replace(" ", "").encode())
    return int(at.timestamp()) // found.interval if right else None


def unsealed(keys: Keyring, kept: bytes) -> str:
    """A secret that was sealed. Raises InputError where the key does not fit."""
    return keys.unseal(kept, keys.master).decode()


def sealed(connection: Connection, keys: Keyring, secret: str) -> bytes:
    """A secret as it is kept, to be written in the same transaction.

    Raises OtherKeysError where keys were renewed meanwhile.
    """
    hold_keys(connection, keys)
    return keys.seal(secret.encode(), keys.master)


def accepted(
    connection: Connection, keys: Keyring, account: Account, code: str, at: datetime
) -> Account | None:
    """The account after its code was used; None where the code is wrong or was used before.

    Raises OtherKeysError where keys were renewed meanwhile.
    """
    if account.secret is None:
        return None
    check_keys(connection, keys)
    step = step_of(unsealed(keys, account.secret), code, at)
    if step is None:
        return None
    # one statement: two requests with one code cannot both find it unused
    unused = or_(t.accounts.c.last_step.is_(None), t.accounts.c.last_step < step)
    here = (t.accounts.c.account == account.account) & unused
    used = connection.execute(update(t.accounts).where(here).values(last_step=step))
    return replace(account, last_step=step) if used.rowcount else None
