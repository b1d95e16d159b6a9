"""Serving a clinic: what has to be there first, the demo clinic, and the server itself."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import Connection, Engine

from antagonist.feedback.database import changing, current_revision, engine_on, migrate, reading
from antagonist.feedback.keys import create_keyring, load_keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import system_clock
from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import Account, administrators, by_name, change, create_account
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.binding import context_factory
from antagonist.web.config import WebConfig
from antagonist.web.demo.making import make_demo

APP = "antagonist.web.app:create_app"
GRACE_S = 20  # for requests that run when the server is told to stop
# Name, as shown, role; whoever overrides a contraindication in the demo needs a second doctor.
DEMO_PEOPLE = (
    ("demo.viewer", "Demo viewer", "viewer"),
    ("demo.nurse", "Demo nurse", "nurse"),
    ("demo.doctor", "Demo doctor", "prescriber"),
    ("demo.doctor2", "Demo second doctor", "prescriber"),
    ("demo.admin", "Demo administrator", "administrator"),
)
TYPED, GROUPS, GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 3, 4
MADE_ON = "made-on"  # file beside the demo's database


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how the server listens. proxy: address of the reverse proxy that it trusts."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    certificate: Path | None = None
    private_key: Path | None = None
    proxy: str | None = None

    @property
    def address(self) -> str:
        """For a browser on this machine."""
        scheme = "https" if self.certificate is not None else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/"


def needs_administrator(database: str, keys: Path) -> bool:
    """Bring the clinic's own tables up; whether the first administrator has to be made.

    Raises InputError for a record without tables or keys, or of another version.
    """
    with engine_on(database) as engine:
        open_record(engine, load_keyring(keys))
        migrate(engine, of=CLINIC)
        with reading(engine) as connection:
            return administrators(connection) == 0


def new_clinic(database: str, keys: Path) -> None:
    """Make record, keys and tables where none are. Raises InputError where only some are there."""
    with engine_on(database) as engine:
        there = current_revision(engine) is not None
        if there and keys.exists():
            return
        if there or keys.exists():
            found = str(database) if there else str(keys)
            allowed = "a database and its keys, or neither of them for a new clinic"
            raise InputError("serve", "database" if there else "keys", found, allowed)
        create_keyring(keys)
        migrate(engine)


def demo_clinic(
    folder: Path, timezone: str, advance: Callable[[int], None] | None = None
) -> tuple[WebConfig, Mapping[str, str]]:
    """The demo clinic of today, made anew where it is of another day.

    Returns how it runs, and the password of each of its people: new ones at every start.
    """
    now = datetime.now(zone(timezone, "serve", "timezone"))
    if not _is_of(folder, now.date()):
        _make_demo(folder, timezone, now, advance)
    config = _demo_config(folder, timezone)
    needs_administrator(config.database, config.keys)
    with engine_on(config.database) as engine:
        return config, _demo_people(engine, now)


def _demo_config(folder: Path, timezone: str) -> WebConfig:
    return WebConfig(
        database=f"sqlite:///{folder / 'clinic.db'}",
        keys=folder / "keys" / "record.keys",
        timezone=timezone,
        second_factor=False,
        demo=True,
    )


def _make_demo(
    folder: Path, timezone: str, now: datetime, advance: Callable[[int], None] | None
) -> None:
    """Made beside its place and moved there whole, so that a stop on the way leaves no half one."""
    making = folder.with_name(f"{folder.name}.making")
    for old in (making, folder):
        shutil.rmtree(old, ignore_errors=True)
    making.mkdir(parents=True)
    config = _demo_config(making, timezone)
    new_clinic(config.database, config.keys)
    with engine_on(config.database) as engine:
        record = open_record(engine, load_keyring(config.keys), system_clock)
        make_demo(record, now, zone(timezone), advance=advance)
    (making / MADE_ON).write_text(now.date().isoformat(), encoding="utf-8")
    making.rename(folder)


def _is_of(folder: Path, day: date) -> bool:
    path = folder / MADE_ON
    return path.is_file() and path.read_text(encoding="utf-8") == day.isoformat()


def _demo_people(engine: Engine, now: datetime) -> Mapping[str, str]:
    found = {}
    with changing(engine) as connection:
        for name, shown, role in DEMO_PEOPLE:
            account = by_name(connection, name) or _demo_person(connection, now, name, shown, role)
            password = _easy_to_type()
            change(connection, account, password=hashed(password, name))
            found[name] = password
    return found


def _easy_to_type() -> str:
    """A random password of 59 bits, without characters that look alike."""
    letters = [secrets.choice(TYPED) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(letters[at : at + GROUP]) for at in range(0, len(letters), GROUP))


def _demo_person(
    connection: Connection, now: datetime, name: str, shown: str, role: str
) -> Account:
    return create_account(connection, now, name, role, shown=shown)


def check_port(listening: Listening) -> None:
    """Raises InputError where the address cannot be listened on, before anything is started."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.host, listening.port))
        except OSError as error:
            allowed = f"a port that can be listened on ({error.strerror})"
            raise InputError("serve", "port", listening.port, allowed) from None


def serve(config: WebConfig, listening: Listening) -> None:
    """Serve until told to stop; requests under way are finished first."""
    config.to_environment()
    with _told_to_stop():
        _run(listening)


def _run(listening: Listening) -> None:
    uvicorn.run(
        APP,
        factory=True,
        host=listening.host,
        port=listening.port,
        workers=listening.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        ws="none",
        lifespan="on",
        proxy_headers=listening.proxy is not None,
        forwarded_allow_ips=listening.proxy or "",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.private_key,
        ssl_context_factory=None if listening.certificate is None else context_factory,
    )


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """To be told to stop is no failure: uvicorn finishes, then raises the signal once more."""

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
