"""``antagonist serve``: the clinic in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import Language, LanguageOption, progress, say
from antagonist.cli.record_common import KEYS, KeysOption, ZoneOption

if TYPE_CHECKING:
    from antagonist.web.config import WebConfig
    from antagonist.web.serving import Listening

DEMO = Path("out/demo-clinic")
DEMO_PATIENTS = 12


def serve(
    database: Annotated[
        str | None,
        typer.Option(
            "--database", envvar="ANTAGONIST_DATABASE",
            help="sqlite:///FILE or postgresql://...; none = the demo clinic.",
        ),
    ] = None,
    keys: KeysOption = KEYS,
    demo_folder: Annotated[
        Path, typer.Option("--demo", help="Folder of the demo clinic, made anew each day.")
    ] = DEMO,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=64)] = 1,
    certificate: Annotated[
        Path | None, typer.Option(help="TLS certificate chain, PEM.", exists=True)
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="Its private key, PEM.", exists=True)
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(help="Address of the reverse proxy that ends TLS and is believed."),
    ] = None,
    timezone: ZoneOption = "UTC",
    jurisdiction: Annotated[
        str | None, typer.Option(help="Label that holds here; none = the stricter of all.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Folder of the clinic's own rules.", exists=True)
    ] = None,
    language: LanguageOption = Language.en,
) -> None:  # fmt: skip
    """Serve the clinic in the browser: today, patients, plans, alarms, the label.

    Without --database it serves a demo clinic of invented patients, on this machine only.
    """
    from antagonist.web.binding import check_binding, check_database
    from antagonist.web.config import WebConfig
    from antagonist.web.serving import Listening, check_port
    from antagonist.web.serving import serve as served

    listening = Listening(host, port, workers, certificate, private_key, proxy)
    tls = certificate is not None
    secure = check_binding(host, tls, proxy, weak=database is None)
    check_port(listening)
    if database is None:
        config = _demo(demo_folder, timezone).model_copy(update={"secure": secure})
    else:
        check_database(database)
        config = _own(
            WebConfig(
                database=database, keys=keys, timezone=timezone, jurisdiction=jurisdiction,
                rules=rules, language=language.value, secure=secure,
            ),
            listening,
        )  # fmt: skip
    say(f"serving at {listening.address} (stop with Ctrl-C)")
    served(config, listening)


def _demo(folder: Path, timezone: str) -> WebConfig:
    """The demo clinic, and how to sign in to it."""
    from antagonist.web.serving import demo_clinic

    with progress("Making the demo clinic", DEMO_PATIENTS) as advance:
        config, people = demo_clinic(folder, timezone, advance)
    say("Demo clinic: every patient is invented. Sign in as one of")
    for name, password in people.items():
        say(f"  {name:<14} {password}")
    return config


def _own(config: WebConfig, listening: Listening) -> WebConfig:
    """A clinic of one's own, made where there is none yet."""
    import secrets

    from antagonist.web.serving import needs_administrator, new_clinic

    new_clinic(config.database, config.keys)
    if not needs_administrator(config.database, config.keys):
        return config
    code = secrets.token_urlsafe(16)
    say(f"No administrator yet. Set-up code: {code}")
    say(f"  {listening.address}set-up")
    return config.model_copy(update={"set_up": code})
