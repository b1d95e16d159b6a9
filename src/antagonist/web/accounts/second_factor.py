"""The second factor: one-time codes by time (RFC 6238), from an app on its owner's phone."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime

import pyotp
import segno
from sqlalchemy import Connection, or_, update

from antagonist.feedback.keys import Keyring
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import Account

ISSUER = "Antagonist"
PICTURE_SCALE = 5  # pixels of a module


def new_secret() -> str:
    """A new secret of 160 bits, base32."""
    return pyotp.random_base32()


def picture(secret: str, name: str) -> str:
    """The secret as a QR code that such apps read: a data URI of a PNG."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    return str(segno.make(uri, error="m").png_data_uri(scale=PICTURE_SCALE))


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step for which a code is right at a moment; None where it is wrong."""
    found = pyotp.TOTP(secret)
    right = hmac.compare_digest(found.at(at).encode(), code.strip().replace(" ", "").encode())
    return int(at.timestamp()) // found.interval if right else None


def sealed(keys: Keyring, secret: str) -> bytes:
    """A secret as it is kept."""
    return keys.seal(secret.encode(), keys.master)


def accepted(
    connection: Connection, keys: Keyring, account: Account, code: str, at: datetime
) -> Account | None:
    """The account after its code was used; None where the code is wrong or was used before."""
    if account.secret is None:
        return None
    step = step_of(keys.unseal(account.secret, keys.master).decode(), code, at)
    if step is None:
        return None
    # one statement: two requests with one code cannot both find it unused
    unused = or_(t.accounts.c.last_step.is_(None), t.accounts.c.last_step < step)
    here = (t.accounts.c.account == account.account) & unused
    used = connection.execute(update(t.accounts).where(here).values(last_step=step))
    return replace(account, last_step=step) if used.rowcount else None
