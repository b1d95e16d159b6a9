"""What holds for every response: policy, no cache, no other origins, cookies, size."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on, text_of
from tests.support.doors import doors, try_doors

from antagonist.web.accounts.rules import rules
from antagonist.web.rendering import static_url

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
    "font-src": "'self'", "connect-src": "'self'", "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'", "object-src": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
SECRET_VALUE = "Ivanova, heroin, 12.05.1990"


async def failing() -> None:
    raise RuntimeError(SECRET_VALUE)


async def breaking_off() -> StreamingResponse:
    async def parts() -> Iterator[bytes]:  # type: ignore[misc]
        yield b"begun"
        raise RuntimeError(SECRET_VALUE)

    return StreamingResponse(parts())


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """A clinic behind TLS with routes that fail."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("broken"), secure=True) as clinic:
        clinic.app.add_api_route("/fails", failing)
        clinic.app.add_api_route("/api/v1/fails", failing)
        clinic.app.add_api_route("/breaks-off", breaking_off)
        try_doors(clinic.app)
        yield clinic


def check(answer: Response, secure: bool = True) -> None:
    found = answer.headers
    assert {name: found.get(name) for name in ALWAYS} == ALWAYS
    pairs = (part.strip().split(" ", 1) for part in found["content-security-policy"].split(";"))
    assert dict(pairs) == POLICY
    assert not [name for name in found if name.startswith("access-control-")]
    assert "server" not in found
    kept = found.get("strict-transport-security")
    assert kept == ("max-age=31536000; includeSubDomains" if secure else None)
    if found.get("content-type", "").startswith("text/"):
        assert "charset=utf-8" in found["content-type"]


def test_every_route_and_every_error_has_the_headers(broken: OpenClinic) -> None:
    client = broken.nobody()
    for door in doors(broken.app):
        if door.path == "/breaks-off":
            continue
        answer = client.request(door.method, door.address("x"))
        check(answer)
        assert answer.headers["cache-control"] == "no-store", door


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/static/nowhere.js?v=1", 404),
        ("GET", "/static/", 404),
        ("GET", "/static/..%2fapp.py?v=1", 404),
        ("GET", "/static/../app.py", 404),
        ("TRACE", "/sign-in", 405),
        ("OPTIONS", "/sign-in", 405),
        ("DELETE", "/health/live", 405),
        ("CONNECT", "/api/openapi.json", 405),
        ("TRACE", "/static/clinic.css", 405),
        ("GET", "/fails", 500),
        ("GET", "/api/v1/fails", 500),
        ("POST", "/language", 422),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
    ],
)
def test_errors_have_the_headers_and_tell_nothing_internal(
    broken: OpenClinic, method: str, path: str, status: int
) -> None:
    answer = broken.nobody().request(method, path, headers={"Origin": "http://testserver"})
    assert answer.status_code == status
    check(answer)
    assert answer.headers["cache-control"] == "no-store"
    for internal in (SECRET_VALUE, "Traceback", "RuntimeError", "/src/", "routing.py"):
        assert internal not in answer.text
    kind = "application/problem+json" if path.startswith("/api/") else "text/html; charset=utf-8"
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("who", ["nobody", "nurse"])
def test_what_is_not_there_is_not_found_by_anybody(clinic: OpenClinic, who: str) -> None:
    client = clinic.nobody() if who == "nobody" else clinic.browser(who).client
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert ('action="/sign-out"' in answer.text) == (who == "nurse")


def test_an_answer_that_breaks_off_is_not_begun_anew(broken: OpenClinic) -> None:
    answer = broken.nobody().get("/breaks-off")
    check(answer)
    assert answer.text == "begun"


def test_files_of_ours_are_kept_by_their_digest_only(clinic: OpenClinic) -> None:
    client = clinic.nobody()
    named = client.get(static_url("clinic.css"))
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    check(named, secure=False)
    assert client.get("/static/clinic.css").headers["cache-control"] == "no-store"


def large(client: TestClient, path: str, stated: bool, kind: str) -> Response:
    body = b"x=" + b"y" * rules().request.most_bytes
    content = body if stated else iter([body[:1000], body[1000:]])
    return client.post(path, content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "in parts"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/own/password", "application/x-www-form-urlencoded"),
        ("/try/record.write", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_too_large_is_refused(
    broken: OpenClinic, stated: bool, path: str, kind: str
) -> None:
    client = broken.browser("nurse").client
    client.cookies.set("__Host-antagonist", client.cookies["antagonist"])
    answer = large(client, path, stated, kind)
    assert answer.status_code == 413, text_of(answer)
    check(answer)


def cookies_of(answer: Response) -> dict[str, dict[str, str]]:
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(header).items():
            found[name] = {key: str(value) for key, value in morsel.items() if value}
    return found


@pytest.mark.parametrize("secure", [True, False])
def test_every_cookie_has_its_flags(tmp_path: Path, secure: bool) -> None:
    with clinic_on("sqlite", tmp_path, secure=secure) as clinic:
        client = clinic.nobody()
        client.base_url = f"http{'s' * secure}://testserver"
        fields = {"name": "nurse", "password": PASSWORD}
        first = client.post("/sign-in", data=fields)
        csrf = client.get("/own").text.split('csrf-token" content="')[1].split('"')[0]
        answers = [first, client.post("/language", data={"language": "ru"})]
        data = {"csrf": csrf, "password": PASSWORD}
        answers.append(client.post("/own/sessions", data=data))
        answers.append(client.post("/sign-out", data={"csrf": csrf}))
        found = [cookies_of(answer) for answer in answers]
        prefix = "__Host-" if secure else ""
        names = ["antagonist", "antagonist-language", "antagonist", "antagonist"]
        assert [list(each) for each in found] == [[prefix + name] for name in names]
        flags = {"httponly": "True", "path": "/", "samesite": "Strict"}
        flags |= {"secure": "True"} if secure else {}
        for each in found:
            for said in each.values():
                said.pop("max-age", None)
                assert said == flags


def test_pages_stand_alone(clinic: OpenClinic) -> None:
    """Nothing inline, and nothing from another host: the policy would refuse it."""
    for answer in (clinic.nobody().get("/sign-in"), clinic.browser("nurse").get("/own")):
        for inline in (" style=", "<style", " onclick=", "javascript:"):
            assert inline not in answer.text
        assert "://" not in answer.text.replace("http://www.w3.org", "")
        for script in answer.text.split("<script")[1:]:
            assert script.split(">", 1)[1].startswith("</script>")
