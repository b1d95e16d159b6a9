"""Twenty people at work for two minutes: how long pages take under load, and whether any fails.

    python -m benchmarks.web_load --database FILE-OR-URL --keys FILE
        [--users 20] [--seconds 120] [--workers 2] [--timezone Europe/Moscow] [--write PAGE SECTION]

The server is ``antagonist serve`` in a process of its own on this machine's loopback; the database
is one that ``benchmarks.web_seed fill`` wrote. It is changed: doses and words are recorded. Each
user signs in within the first 20 s, then goes on with pauses of 0.5 to 1.5 s, drawn from a seed,
with patients of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import pyotp
from tests.support.servers import Server, served

from antagonist.feedback.database import changing, engine_of, migrate
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.merging import everybody
from antagonist.feedback.opening import open_record
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import change, create_account
from antagonist.web.accounts.second_factor import new_secret, sealed
from antagonist.web.accounts.tables import CLINIC
from benchmarks.pages import add_write, machine, written

CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
EXPECTED = re.compile(r'name="expected" value="([^"]+)"')
OCCURRED = re.compile(r'name="occurred_at" value="([^"]+)"')
SURE = re.compile(r'type="checkbox"[^>]* name="(\w+)" value="([^"]+)"')
SEE_OTHER = 303
COMING_S = 20.0
PRODUCT = "naltrexone-hcl-us-chartwell-50"
PAUSE_S = (0.5, 1.5)
PATIENTS_EACH = 25  # whom one user works with, and nobody else does
WHAT_IFS: Sequence[dict[str, str]] = (
    {"skip_next": "1"}, {"delay_next_d": "2"}, {"inject_now": "1"}, {"nothing_more": "1"},
)  # fmt: skip


@dataclass
class Timings:
    """Seconds of every request by what it was; errors by what was answered."""

    took_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


@dataclass
class User:
    """Somebody at work. patients: with whom."""

    client: httpx2.AsyncClient
    patients: Sequence[str]
    drawn: random.Random
    timings: Timings
    csrf: str = ""

    async def ask(self, what: str, method: str, path: str, **more: object) -> httpx2.Response:
        """One request, timed; anything but success or a redirect is an error."""
        begun = time.perf_counter()
        answer = await self.client.request(method, path, **more)  # type: ignore[arg-type]
        self.timings.took_s[what].append(time.perf_counter() - begun)
        if answer.status_code >= 400 and not SURE.search(answer.text):
            self.timings.errors.append(f"{what}: {answer.status_code} {path.split('?')[0]}")
        return answer

    def patient(self) -> str:
        """One of this user's patients."""
        return self.drawn.choice(self.patients)


Step = Callable[[User], Awaitable[object]]


async def _today(user: User) -> None:
    await user.ask("today", "GET", "/today")


async def _patients(user: User) -> None:
    await user.ask("patients", "GET", "/patients")


async def _label(user: User) -> None:
    await user.ask("label", "GET", "/label")


async def _screening(user: User) -> None:
    path = f"/patients/{user.patient()}/screening"
    page = (await user.ask("form to screen", "GET", path)).text
    key = KEY.search(page)
    if key is None:
        user.timings.errors.append("screening: no form")
        return
    sent = {"csrf": user.csrf, "key": key[1], "question": "start", "products[]": PRODUCT}
    answer = await user.ask("screened", "POST", path, data=sent)
    if answer.status_code == SEE_OTHER:
        await user.ask("decision", "GET", answer.headers["location"])


async def _patient(user: User) -> None:
    patient = user.patient()
    await user.ask("patient", "GET", f"/patients/{patient}")
    await user.ask("chart", "GET", f"/patients/{patient}/chart.json")


async def _what_if(user: User) -> None:
    path = f"/patients/{user.patient()}/chart.json"
    sent = {"csrf": user.csrf, **user.drawn.choice(WHAT_IFS)}
    await user.ask("what-if", "POST", path, data=sent)


async def _dose(user: User) -> None:
    await _record(user, "dose", {"status": "reported", "dose_mg": "50"})


async def _words(user: User) -> None:
    await _record(user, "words", {"text": "Feels well."})


async def _record(user: User, kind: str, said: dict[str, str]) -> None:
    """Open a form, fill it in, follow where it leads; what it asks once more is confirmed."""
    path = f"/patients/{user.patient()}/record/{kind}"
    page = (await user.ask("form to record", "GET", path)).text
    fields = [pattern.search(page) for pattern in (KEY, EXPECTED, OCCURRED)]
    if None in fields:
        user.timings.errors.append(f"{kind}: no form")
        return
    names = ("key", "expected", "occurred_at")
    sent = {n: found[1] for n, found in zip(names, fields, strict=True) if found} | said
    for _ in range(2):
        answer = await user.ask("recorded", "POST", path, data={"csrf": user.csrf, **sent})
        if answer.status_code == SEE_OTHER:
            await user.ask("what was recorded", "GET", answer.headers["location"])
            return
        sure = SURE.search(answer.text)
        if sure is None:
            break
        sent[sure[1]] = sure[2]
    user.timings.errors.append(f"{kind}: not recorded, {answer.status_code}")


# what people do, and how often of all
STEPS: Sequence[tuple[Step, int]] = (
    (_today, 25), (_patient, 30), (_dose, 10), (_words, 5), (_what_if, 10), (_patients, 10),
    (_screening, 5), (_label, 5),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Who signs in."""

    name: str
    password: str
    secret: str


async def _sign_in(user: User, person: Person) -> str:
    """By password, then by code; gives the first page."""
    sent = {"name": person.name, "password": person.password}
    await user.ask("sign-in", "POST", "/sign-in", data=sent)
    page = await user.client.get("/sign-in/code")
    found = CSRF.search(page.text)
    code = pyotp.TOTP(person.secret).now()
    sent = {"csrf": found[1] if found else "", "code": code}
    await user.ask("code", "POST", "/sign-in/code", data=sent)
    return (await user.client.get("/today")).text


async def _work(user: User, person: Person, until: float) -> None:
    await asyncio.sleep(user.drawn.uniform(0, COMING_S))  # not all at the same moment
    found = CSRF.search(await _sign_in(user, person))
    if found is None:
        user.timings.errors.append("sign-in: no session")
        return
    user.csrf = found[1]
    steps, weights = zip(*STEPS, strict=True)
    while time.perf_counter() < until:
        await asyncio.sleep(user.drawn.uniform(*PAUSE_S))
        await user.drawn.choices(steps, weights)[0](user)


async def loaded(
    server: Server, people: Sequence[Person], patients: Sequence[str], seconds: float
) -> Timings:
    """Timings of all people at work at once."""
    timings, until = Timings(), time.perf_counter() + seconds
    size = min(PATIENTS_EACH, len(patients) // len(people))

    async def one(n: int, person: Person) -> None:
        drawn = random.Random(n)
        limits = httpx2.Limits(max_connections=2)
        async with httpx2.AsyncClient(base_url=server.address, timeout=60, limits=limits) as client:
            user = User(client, patients[n * size : (n + 1) * size], drawn, timings)
            await _work(user, person, until)

    await asyncio.gather(*(one(n, person) for n, person in enumerate(people)))
    return timings


def add_people(database: str, keys: Path, users: int) -> tuple[list[Person], list[str]]:
    """Nurses for the load; and all patients of the record."""
    engine = engine_of(database)
    migrate(engine, of=CLINIC)
    record = open_record(engine, load_keyring(keys))
    password, people = secrets.token_urlsafe(16), []
    with changing(engine) as connection:
        kept = hashed(password, "load")
        for _ in range(users):
            name, secret = f"load-{secrets.token_hex(6)}", new_secret()
            made = create_account(connection, record.clock(), name, "nurse")
            change(connection, made, password=kept, secret=sealed(connection, record.keys, secret))
            people.append(Person(name, password, secret))
    patients = [patient for patient, _ in everybody(record)]
    engine.dispose()
    return people, patients


def table(timings: Timings, seconds: float) -> str:
    """What was measured, as Markdown."""
    lines = [
        "| request | times | p50, ms | p95, ms | longest, ms |",
        "| --- | --: | --: | --: | --: |",
    ]
    every = [took for found in timings.took_s.values() for took in found]
    for what, found in [*sorted(timings.took_s.items()), ("all", every)]:
        ms = np.array(found) * 1000
        p50, p95 = np.percentile(ms, (50, 95))
        lines.append(f"| {what} | {len(ms)} | {p50:.0f} | {p95:.0f} | {ms.max():.0f} |")
    rate = len(every) / seconds
    lines += ["", f"{rate:.1f} requests/s; errors: {len(timings.errors)}."]
    return "\n".join(lines)


def main() -> None:
    """Run it and print, or write, what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timezone", default="Europe/Moscow")
    add_write(parser)
    asked = parser.parse_args()
    before = machine()
    people, patients = add_people(asked.database, asked.keys, asked.users)
    options = (
        "--database", asked.database, "--keys", str(asked.keys), "--timezone", asked.timezone,
        "--workers", str(asked.workers),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), *options) as server:
        timings = asyncio.run(loaded(server, people, patients, asked.seconds))
    told = (
        f"{before} {asked.database.partition(':')[0]}, {len(patients):,} patients, {asked.users} "
        f"users for {asked.seconds:.0f} s, {asked.workers} server processes on the same machine."
    )
    written(asked, f"{told}\n\n{table(timings, asked.seconds)}")
    for error in timings.errors[:20]:
        print(error)


if __name__ == "__main__":
    main()
