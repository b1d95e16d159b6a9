"""Accounts for programs: the list, to read only.

A token has no password to confirm with, so whoever stole an administrator's could make accounts of
every role. Accounts are made and changed on the pages and on the host's command line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from antagonist.web.accounts.people import Role
from antagonist.web.actions.accounts import lines
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["accounts"])
Manages = Annotated[Visit, Depends(program("accounts.manage"))]


class AccountOut(BaseModel):
    """An account, without anything secret."""

    account: str
    name: str
    shown: str
    role: Role
    state: Literal["active", "disabled", "waiting", "expired"] = Field(
        description="waiting, expired: for its activation; its code"
    )
    second_factor: bool
    patients: int | None = Field(description="How many it was given; null = it sees all")
    sessions: int


@router.get("/accounts")
def every_account(visit: Manages) -> list[AccountOut]:
    """All accounts, by name. They are changed on the pages only: that takes a password."""
    return [
        AccountOut.model_validate(
            {
                "account": line.account.account,
                "name": line.account.name,
                "shown": line.account.shown,
                "role": line.account.role,
                "state": line.state,
                "second_factor": line.account.secret is not None,
                "patients": line.patients,
                "sessions": line.sessions,
            }
        )
        for line in lines(visit)
    ]
