"""Health: whether the process lives, and whether it can serve. No sign-in, no details."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from antagonist.feedback.database import check_revision
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.visit import clinic_of

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
def ready(request: Request) -> JSONResponse:
    """The database answers, and its tables are of this version."""
    engine = clinic_of(request).engine
    try:
        check_revision(engine)
        check_revision(engine, CLINIC)
    except InputError:
        return JSONResponse({"status": "not ready"}, 503)
    return JSONResponse({"status": "ok"})
