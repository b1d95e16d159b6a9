"""Texts and ids that people and programs send, checked before any database sees them."""

from __future__ import annotations

import uuid

from antagonist.feedback.events import BREAKS, can_be_seen
from antagonist.foundation.errors import InputError
from antagonist.web.errors import NotFoundError

LEAST, MOST = 3, 2000  # characters of a reason; the record wants three at least


def reason(text: str, field: str = "reason", least: int = LEAST) -> str:
    """A reason in free words. Raises InputError for one too short, too long or with characters
    that cannot be seen, other than line breaks. least: characters.
    """
    text = text.strip()
    if not can_be_seen(text, BREAKS) or not least <= len(text) <= MOST:
        raise InputError("", field, text, f"{least} to {MOST} characters that can be seen")
    return text


def checked_id(text: str) -> str:
    """An id as we make them. Raises NotFoundError for what cannot be one."""
    try:
        if str(uuid.UUID(text)) == text:
            return text
    except ValueError:
        pass
    raise NotFoundError
