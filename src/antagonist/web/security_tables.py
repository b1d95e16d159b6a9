"""The tables of docs/explanation/security.md: numbers and permissions as the data has them.

``python -m antagonist.web.security_tables docs/explanation`` puts them anew between their marks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from antagonist.foundation.errors import InputError
from antagonist.report.calibration_rows import table
from antagonist.report.files import write_together
from antagonist.web.accounts.people import ROLES
from antagonist.web.accounts.rules import Limits, rules
from antagonist.web.permissions import actions

PAGE = "security.md"
BLOCK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
# What each limit counts.
COUNTED: Mapping[str, str] = {
    "sign_in_name_and_address": "sign-ins that fail, of one name from one network",
    "sign_in_address": "sign-ins that fail from one network; codes of set-up and activation",
    "sign_in_name": "sign-ins that fail, of one name from networks not known for it",
    "code": "codes of the second factor, of one account",
    "password_check": "passwords asked for once more, of one account",
    "search": "searches for a patient, of one account",
    "costly": "costly requests, of one account",
}


def _numbers() -> str:
    said = rules()
    lengths = f"{said.password.least_characters} to {said.password.most_characters}"
    rows = [
        ("password, characters", lengths),
        ("characters besides known words", str(said.password.least_besides_words)),
        ("activation code holds", f"{said.activation.hours} h"),
        ("session ends without use after", f"{said.session.idle_minutes} min"),
        ("session ends in any case after", f"{said.session.absolute_hours} h"),
        ("sessions of an account at a time", str(said.session.most_at_once)),
        ("token holds at most", f"{said.token.longest_days} d"),
        ("network known after a sign-in for", f"{said.known_address.days} d"),
        ("audit kept at least", f"{said.audit.least_kept_days} d"),
        ("body of a request at most", f"{said.request.most_bytes // 1024} KiB"),
        ("costly requests at a time, a process", str(said.request.costly_at_once)),
    ]  # fmt: skip
    return table(["what", "number"], rows)


def _limits() -> str:
    said = rules().limits
    rows = []
    for name in Limits.model_fields:
        limit = getattr(said, name)
        rows.append([COUNTED[name], str(limit.most), f"{limit.minutes} min"])
    return table(["what counts", "at most", "within"], rows)


def _permissions() -> str:
    rows = [
        [f"`{name}`", said.about["en"], *("yes" if role in said.roles else "" for role in ROLES)]
        for name, said in actions().items()
    ]
    return table(["action", "about", *ROLES], rows)


def _costly() -> str:
    rows = [[f"`{name}`", said.about["en"]] for name, said in actions().items() if said.costly]
    return table(["action", "about"], rows)


def _words() -> str:
    return ", ".join(rules().password.context_words) + "."


BLOCKS: Mapping[str, Callable[[], str]] = {
    "numbers": _numbers,
    "limits": _limits,
    "permissions": _permissions,
    "costly": _costly,
    "words": _words,
}


def renewed(page: str) -> str:
    """The page with every table as the data files have it. Raises InputError for a missing one."""
    found = [name for _, name, _ in BLOCK.findall(page)]
    if sorted(found) != sorted(BLOCKS):
        raise InputError(PAGE, "made", ", ".join(found), "each of " + ", ".join(BLOCKS))
    return BLOCK.sub(lambda at: f"{at[1]}\n{BLOCKS[at[2]]().strip()}\n\n{at[3]}", page)


def main(arguments: Sequence[str]) -> int:
    """Renew the page in the one folder that is named. Returns the exit code."""
    if len(arguments) != 1:
        print("usage: python -m antagonist.web.security_tables FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    text = renewed((folder / PAGE).read_text(encoding="utf-8"))
    for path in write_together(folder, {PAGE: text.encode()}):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
