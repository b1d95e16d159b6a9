"""Accounts of people who work in the clinic."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, func, insert, select, update

from antagonist.feedback.events import Actor, checked_text, stamp
from antagonist.foundation.clock import zone
from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.rows import row_of

Role = Literal["viewer", "nurse", "prescriber", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
LANGUAGES = ("en", "ru")
LONGEST_NAME, LONGEST_SHOWN = 80, 120  # characters
SOURCE = "clinic app"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who works here. Fields as the table has them; password: its hash."""

    account: str
    name: str
    shown: str
    role: Role
    password: str | None
    activation: str | None
    activation_until: str | None
    secret: bytes | None
    last_step: int | None
    language: str
    timezone: str | None
    every_patient: bool
    disabled: bool
    created_at: str

    @property
    def actor(self) -> Actor:
        """As whom this person writes on the record. Raises InputError for a viewer."""
        if self.role == "viewer":
            raise InputError("record", "role", self.role, "nurse, prescriber or administrator")
        return Actor(self.name, self.role, SOURCE)


def create_account(
    connection: Connection,
    at: datetime,
    name: str,
    role: str,
    *,
    password: str | None = None,
    shown: str | None = None,
    language: str = "en",
    timezone: str | None = None,
    every_patient: bool = True,
) -> Account:
    """A new account. password: None = its owner sets one by an activation code.

    Raises InputError for a name in use or not allowed, an unknown role or
    language, and a weak password.
    """
    folded = _name(name)
    if by_name(connection, folded) is not None:
        raise InputError("account", "name", folded, "a name that nobody uses yet")
    made = Account(
        account=str(uuid.uuid4()),
        name=folded,
        shown=_shown(shown or name),
        role=_role(role),
        password=None if password is None else hashed(password, folded),
        activation=None,
        activation_until=None,
        secret=None,
        last_step=None,
        language=_language(language),
        timezone=None if timezone is None else str(zone(timezone, "account", "timezone")),
        every_patient=every_patient,
        disabled=False,
        created_at=stamp(at),
    )
    connection.execute(insert(t.accounts), row_of(made))
    return made


def _name(name: str) -> str:
    folded = checked_text(name, "name").strip().casefold()
    if len(folded) > LONGEST_NAME:
        raise InputError("account", "name", folded, f"at most {LONGEST_NAME} characters")
    return folded


def _shown(text: str) -> str:
    shown = checked_text(text, "shown").strip()
    if len(shown) > LONGEST_SHOWN:
        raise InputError("account", "shown", shown, f"at most {LONGEST_SHOWN} characters")
    return shown


def _role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise InputError("account", "role", role, near_match(role, ROLES))


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise InputError("account", "language", language, near_match(language, LANGUAGES))
    return language


def by_name(connection: Connection, name: str) -> Account | None:
    """The account that signs in under a name."""
    return _one(connection, t.accounts.c.name == name.strip().casefold()[:LONGEST_NAME])


def by_id(connection: Connection, account: str) -> Account | None:
    """An account by its id."""
    return _one(connection, t.accounts.c.account == account)


def _one(connection: Connection, where: Any) -> Account | None:
    found = connection.execute(select(t.accounts).where(where)).mappings().first()
    return None if found is None else Account(**found)


def everyone(connection: Connection) -> list[Account]:
    """All accounts, by name."""
    rows = connection.execute(select(t.accounts)).mappings()
    return sorted((Account(**row) for row in rows), key=lambda account: account.name)


def change(connection: Connection, account: Account, **values: Any) -> Account:
    """The account with other values, checked; the last administrator stays one.

    Another role, and disabling, end the account's sessions and tokens.
    values: any of shown, role, language, timezone, every_patient, disabled, secret, last_step,
    password (its hash), activation, activation_until.
    Raises InputError for a value not allowed, and where nobody would be left to administer.
    """
    checks: Mapping[str, Any] = {
        "role": _role,
        "language": _language,
        "timezone": lambda text: None if not text else str(zone(text, "account", "timezone")),
        "shown": _shown,
    }
    found = {name: checks[name](v) if name in checks else v for name, v in values.items()}
    made = replace(account, **found)
    leaves = made.disabled or made.role != "administrator"
    was_one = account.role == "administrator" and not account.disabled
    if leaves and was_one and len(_locked_administrators(connection)) < 2:
        raise InputError("account", "role", made.role, "administrator: nobody else is one")
    here = t.accounts.c.account == account.account
    connection.execute(update(t.accounts).where(here).values(found))
    if made.disabled or made.role != account.role:
        sessions.end_all(connection, account.account)
        tokens.revoke_all(connection, account.account)
    return made


def _locked_administrators(connection: Connection) -> list[str]:
    """Those who can sign in; their rows are ours, so that two cannot both be the last but one."""
    query = select(t.accounts.c.account).where(
        t.accounts.c.role == "administrator", t.accounts.c.disabled.is_(False)
    )
    return list(connection.execute(query.with_for_update()).scalars())


def administrators(connection: Connection) -> int:
    """How many administrators can sign in."""
    query = (
        select(func.count())
        .select_from(t.accounts)
        .where(t.accounts.c.role == "administrator")
        .where(t.accounts.c.disabled.is_(False))
    )
    return int(connection.execute(query).scalar_one())
