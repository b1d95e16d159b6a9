"""Words of the pages, from Babel's catalogues, and dates that nobody can misread."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from antagonist.report.label_dates import local_text
from antagonist.report.label_text import label_words
from antagonist.report.wording import Wording

LANGUAGES = ("en", "ru")
NAMES = {"en": "English", "ru": "Русский"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """The message itself: marks a text that a page translates later."""
    return message


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> NullTranslations:
    """Words of a language, from all its catalogues. English is the source, so it has none."""
    found: NullTranslations = NullTranslations()
    for path in catalogues(language):
        compiled = io.BytesIO()
        write_mo(compiled, catalogue(path, language))
        compiled.seek(0)
        one = Translations(compiled)
        found = found.merge(one) if isinstance(found, Translations) else one
    return found


def catalogues(language: str) -> list[Path]:
    """Files of a language, one a subject."""
    folder = Path(__file__).parent / "locale" / language / "LC_MESSAGES"
    return sorted(folder.glob("*.po"))


def catalogue(path: Path, language: str) -> Catalog:
    """One file's messages."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


@dataclass(frozen=True, slots=True)
class Reader:
    """How somebody reads: a language and a time zone."""

    language: str
    tz: tzinfo

    def say(self, message: str, **values: object) -> str:
        """A message in the reader's language, placeholders ``%(name)s`` filled."""
        found = str(translations(self.language).ugettext(message))
        return found % values if values else found

    def say_count(self, one: str, many: str, n: int) -> str:
        """A message that counts; ``%(n)s`` is the number."""
        return str(translations(self.language).ungettext(one, many, n)) % {"n": n}

    @property
    def words(self) -> Wording:
        """Words of the label and the reports in the same language."""
        return label_words(self.language)

    def time(self, at: datetime) -> str:
        """An aware moment in the reader's zone, which is named."""
        return local_text(at.astimezone(self.tz), self.words)


def utc(at: datetime) -> str:
    """A moment for the attribute of a ``time`` element."""
    return at.astimezone(UTC).isoformat(timespec="minutes")


def preferred(accepted: str, default: str) -> str:
    """The first of our languages that a browser asks for (RFC 9110, 12.5.4; weights in order)."""
    wanted = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    ordered = sorted(wanted, key=lambda pair: -pair[0])
    return next((tag for weight, tag in ordered if tag in LANGUAGES and weight > 0), default)
