"""The clinic's server: pages, JSON API, health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from antagonist import __version__
from antagonist.feedback.record import Clock, system_clock
from antagonist.web import health
from antagonist.web.answers import add_error_answers, outermost
from antagonist.web.api import api_routers
from antagonist.web.api.common import ERRORS, PREFIX
from antagonist.web.clinic import open_clinic
from antagonist.web.config import WebConfig, from_environment
from antagonist.web.logs import begin_logs
from antagonist.web.middleware import EveryResponse
from antagonist.web.pages import page_routers
from antagonist.web.warming import warm


def create_app(config: WebConfig | None = None, clock: Clock = system_clock) -> FastAPI:
    """The application. config: None = as the process that started this one handed over."""
    chosen = from_environment() if config is None else config
    clinic = open_clinic(chosen, clock)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        begin_logs()
        warm(clinic)
        yield
        clinic.engine.dispose()

    app = FastAPI(
        title="Antagonist",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=dict(ERRORS),
        redirect_slashes=False,
    )
    app.state.clinic = clinic
    app.add_middleware(EveryResponse, secure=chosen.secure, outermost=outermost)
    add_error_answers(app)
    app.include_router(health.router)
    for router in page_routers():
        app.include_router(router, include_in_schema=False)
    for router in api_routers():
        app.include_router(router, prefix=PREFIX)
    static = str(files("antagonist.web").joinpath("static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    return app
