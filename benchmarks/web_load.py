"""Twenty people at work for two minutes: how long pages take under load, and whether any fails.

    python -m benchmarks.web_load --database FILE-OR-URL --keys FILE
        [--users 20] [--seconds 120] [--workers 2] [--timezone Europe/Moscow] [--write PAGE]

The server is ``antagonist serve`` in a process of its own on this machine's loopback; the database
is one that ``benchmarks.web_seed fill`` wrote. It is changed: doses are recorded. Each user signs
in, then goes on with a pause of 0.5 to 1.5 s between requests, drawn from a seed.
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

CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
EXPECTED = re.compile(r'name="expected" value="([^"]+)"')
PAUSE_S = (0.5, 1.5)
PATIENTS_EACH = 25  # whom one user works with


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
        if answer.status_code >= 400:
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


async def _patient(user: User) -> None:
    patient = user.patient()
    await user.ask("patient", "GET", f"/patients/{patient}")
    await user.ask("chart", "GET", f"/patients/{patient}/chart.json")


async def _what_if(user: User) -> None:
    path = f"/patients/{user.patient()}/chart.json"
    sent = {"csrf": user.csrf, "skip_next": "1"}
    await user.ask("what-if", "POST", path, data=sent)


async def _dose(user: User) -> None:
    path = f"/patients/{user.patient()}/record/dose"
    page = await user.ask("dose form", "GET", path)
    key, expected = KEY.search(page.text), EXPECTED.search(page.text)
    if key is None or expected is None:
        user.timings.errors.append("dose form: no key")
        return
    sent = {
        "csrf": user.csrf, "key": key[1], "expected": expected[1],
        "status": "reported", "dose_mg": "50",
    }  # fmt: skip
    await user.ask("dose recorded", "POST", path, data=sent)


# what people do, and how often of all
STEPS: Sequence[tuple[Step, int]] = (
    (_today, 30), (_patient, 30), (_dose, 15), (_what_if, 10), (_patients, 10), (_label, 5),
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
    size = min(PATIENTS_EACH, len(patients))

    async def one(n: int, person: Person) -> None:
        drawn = random.Random(n)
        limits = httpx2.Limits(max_connections=2)
        async with httpx2.AsyncClient(base_url=server.address, timeout=60, limits=limits) as client:
            user = User(client, drawn.sample(patients, size), drawn, timings)
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
            change(connection, made, password=kept, secret=sealed(record.keys, secret))
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
    asked = parser.parse_args()
    people, patients = add_people(asked.database, asked.keys, asked.users)
    options = (
        "--database", asked.database, "--keys", str(asked.keys), "--timezone", asked.timezone,
        "--workers", str(asked.workers),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), *options) as server:
        timings = asyncio.run(loaded(server, people, patients, asked.seconds))
    print(table(timings, asked.seconds))
    for error in timings.errors[:20]:
        print(error)


if __name__ == "__main__":
    main()
