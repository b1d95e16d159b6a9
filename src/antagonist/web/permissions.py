"""Who may do what, from its data file; what is not there is nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import TypeAdapter

from antagonist.web.accounts.people import Role
from antagonist.web.accounts.rules import Strict


class Action(Strict):
    """Something that somebody may do. about: in both languages. costly: limited per account."""

    roles: tuple[Role, ...]
    about: Mapping[str, str]
    costly: bool = False


@lru_cache(maxsize=1)
def actions() -> Mapping[str, Action]:
    """Every action, checked."""
    text = files("antagonist.web").joinpath("data/permissions.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Action]).validate_python(yaml.safe_load(text))


def may(role: str, action: str) -> bool:
    """Whether a role may do something. Raises KeyError for an action that nobody wrote down."""
    return role in actions()[action].roles
