"""The clinic's server: pages, JSON API, health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from antagonist.feedback.record import Clock, system_clock
from antagonist.web import health
from antagonist.web.answers import add_error_answers, outermost
from antagonist.web.api.description import add_api, operation_id
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
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
    )
    app.state.clinic = clinic
    app.add_middleware(EveryResponse, secure=chosen.secure, outermost=outermost)
    add_error_answers(app)
    app.include_router(health.router)
    for router in page_routers():
        app.include_router(router, include_in_schema=False)
    add_api(app)
    static = str(files("antagonist.web").joinpath("static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    return app
