"""The API's OpenAPI description: what stands at the endpoints, with who may call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from fastapi import Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import HTTPBearer

from antagonist import __version__
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.rules import Strict, rules
from antagonist.web.api import api_routers
from antagonist.web.api.common import ERRORS, PREFIX
from antagonist.web.permissions import actions


class Words(Strict):
    """What the description says of the whole. tags: each subject with what it is about."""

    title: str
    description: str
    token: str
    tags: Mapping[str, str]


@lru_cache(maxsize=1)
def words() -> Words:
    """The words, checked."""
    text = files("antagonist.web").joinpath("data/api.yaml").read_text(encoding="utf-8")
    return Words.model_validate(yaml.safe_load(text))


def add_api(app: FastAPI) -> None:
    """Every endpoint, and a description that says who may call it."""
    # for the description alone: the door reads and checks the token
    bearer = HTTPBearer(auto_error=False, scheme_name="token", description=words().token)
    for router in api_routers():
        app.include_router(
            router,
            prefix=PREFIX,
            dependencies=[Depends(bearer), Depends(refuse_unknown)],
            responses=dict(ERRORS),
        )
    app.openapi = _described(app)  # type: ignore[method-assign]


def description() -> dict[str, Any]:
    """The OpenAPI document, as every server of this version gives it."""
    app = FastAPI(generate_unique_id_function=operation_id)
    add_api(app)
    return app.openapi()


def refuse_unknown(request: Request) -> None:
    """Raises InputError for a query parameter that is not there: a slip would be no filter."""
    known = list(_queried(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            allowed = "one of " + ", ".join(known) if known else "no query parameter"
            raise InputError("", "query", name, allowed)


def _queried(dependant: Any) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for each in dependant.dependencies:
        yield from _queried(each)


def operation_id(route: APIRoute) -> str:
    """Subject and name: stable for programs that are made from the description."""
    subject = str(route.tags[0]) if route.tags else "page"
    return f"{subject.replace(' ', '_')}_{route.name}"


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Made once, when it is first asked for."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    return made


def _made(app: FastAPI) -> dict[str, Any]:
    said = words()
    found = get_openapi(
        title=said.title,
        version=__version__,
        description=said.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in said.tags.items()],
    )
    doors = dict(_doors(app))
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if action := doors.get((method.upper(), path)):
                _tell(operation, action)
    return found


def _tell(operation: dict[str, Any], action: str) -> None:
    """The docstring's first sentence as the summary; who may, and how often."""
    text = operation.get("description", "")
    first = text.split("\n\n")[0].replace("\n", " ").partition(". ")[0].partition("; ")[0]
    operation["summary"] = first.rstrip(".")
    for status in ERRORS:  # FastAPI adds its own kind of answer to every model
        operation["responses"][str(status)]["content"].pop("application/json", None)
    found, limit = actions()[action], rules().limits.costly
    said = f"For {', '.join(found.roles)} (`{action}`)."
    if found.costly:
        said += f" At most {limit.most} costly requests in {limit.minutes} min."
    operation["description"] = f"{text}\n\n{said}"


def _doors(app: FastAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """Method and path of each endpoint, with the action that its door asks for."""
    for route in iter_route_contexts(app.routes):
        action = _action(getattr(route, "dependant", None))
        for method in (route.methods or ()) if action else ():
            yield (method, str(route.path)), str(action)


def _action(dependant: Any) -> str | None:
    if dependant is None:
        return None
    for each in dependant.dependencies:
        if getattr(each.call, "face", None) == "program":
            return str(each.call.action)
    return None
