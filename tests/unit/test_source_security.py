"""What the installed source never does: shells, run-time code, weak hashes, calls outside."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "antagonist"

# Modules whose only use is to call another host, or to read formats that can carry code or
# outside entities. The database drivers are not here: SQLAlchemy opens the one stated database.
CALLS_OUT = {
    "aiohttp", "boto3", "ftplib", "grpc", "http.client", "httpx", "imaplib", "ldap", "ldap3",
    "paramiko", "poplib", "pymemcache", "redis", "requests", "smtplib", "urllib.request",
    "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
READS_XML = {"lxml", "xml.dom", "xml.etree", "xml.parsers", "xml.sax"}
# Escaping text for XML reads none.
HARMLESS = {"xml.sax.saxutils"}
# AES-GCM: NIST SP 800-38D; Ed25519: FIPS 186-5; the rest writes keys and names errors.
CRYPTOGRAPHY = {
    "exceptions.InvalidSignature",
    "exceptions.InvalidTag",
    "hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey",
    "hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey",
    "hazmat.primitives.ciphers.aead.AESGCM",
    "hazmat.primitives.serialization.Encoding",
    "hazmat.primitives.serialization.NoEncryption",
    "hazmat.primitives.serialization.PrivateFormat",
    "hazmat.primitives.serialization.PublicFormat",
}
# FIPS 180-4; what compares in constant time is of the standard library too.
HASHES = {"sha256"}
OTHER_CRYPTOGRAPHY = {"Crypto", "Cryptodome", "OpenSSL", "bcrypt", "jose", "jwt", "nacl", "passlib"}

DANGEROUS = '''
"""Each statement is one that the linter must refuse; the code of the rule stands beside it."""
import hashlib, os, pickle, random, ssl, subprocess, yaml
import jinja2, requests
from markupsafe import Markup
def f(text, connection):
    exec(text)  # S102
    eval(text)  # S307
    pickle.loads(text)  # S301
    os.system(text)  # S605
    subprocess.run(text, shell=True)  # S602
    hashlib.md5(text)  # S324
    random.choice(text)  # S311
    yaml.load(text, Loader=yaml.Loader)  # S506
    connection.execute("select * from people where name = '" + text + "'")  # S608
    jinja2.Environment(autoescape=False)  # S701
    Markup(text)  # S704
    ssl._create_unverified_context()  # S323
    requests.get(text, verify=False)  # S501
    password = "hunter2hunter2"  # S105
    bind("0.0.0.0")  # S104
'''


def linted(*arguments: str, text: str = "") -> list[str]:
    """Codes of the security rules that the linter reports, under the project's own settings."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json"]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return [each["code"] for each in json.loads(done.stdout) if each["code"].startswith("S")]


def test_the_linter_refuses_what_is_dangerous() -> None:
    expected = {line.split("# ")[1] for line in DANGEROUS.splitlines() if "  # S" in line}
    found = linted("--stdin-filename", "src/antagonist/web/made_up.py", "-", text=DANGEROUS)
    assert expected <= set(found)


def test_the_source_has_nothing_dangerous() -> None:
    assert linted("src") == []


@cache
def sources() -> dict[str, ast.Module]:
    """Source files by their path inside the package, parsed; only those that may hold a fault."""
    listed = CALLS_OUT | READS_XML | OTHER_CRYPTOGRAPHY | {"cryptography", "hashlib"}
    # an import always spells the first part of the name, so a file without any holds none
    may_import = re.compile("|".join(sorted({name.split(".")[0] for name in listed})))
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(text)
        for path, text in texts.items()
        if may_import.search(text)
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of all that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(name: str, modules: set[str]) -> bool:
    """Whether a dotted name is one of some modules or lies in one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def calls_out(tree: ast.Module) -> list[str]:
    """Imports of what calls other hosts or reads XML."""
    names = [name for name in imported(tree) if not inside(name, HARMLESS)]
    return [name for name in names if inside(name, CALLS_OUT | READS_XML)]


def other_cryptography(tree: ast.Module) -> list[str]:
    """Cryptography that is not on the lists: imports, and hashes by name."""
    allowed = {f"cryptography.{name}" for name in CRYPTOGRAPHY}
    names = list(imported(tree))
    wrong = [
        name
        for name in names
        if inside(name, OTHER_CRYPTOGRAPHY)
        or (inside(name, {"cryptography"}) and name not in allowed)
        or (name.startswith("hashlib.") and name.removeprefix("hashlib.") not in HASHES)
    ]
    used = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "hashlib"
    ]
    return wrong + [f"hashlib.{name}" for name in used if name not in HASHES]


def test_the_source_calls_no_other_host() -> None:
    found = {name: calls_out(tree) for name, tree in sources().items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_only_listed_cryptography_is_used() -> None:
    found = {name: other_cryptography(tree) for name, tree in sources().items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_listed_cryptography_is_used() -> None:
    """So that nothing stays allowed that nobody needs."""
    names = {name for tree in sources().values() for name in imported(tree)}
    assert {f"cryptography.{name}" for name in CRYPTOGRAPHY} <= names


@pytest.mark.parametrize(
    "text",
    [
        "import requests",
        "import urllib.request",
        "from urllib import request",
        "def f():\n    from http import client",
        "from xml.etree import ElementTree",
        "import xml.sax",
    ],
)
def test_a_call_to_another_host_is_found(text: str) -> None:
    assert len(calls_out(ast.parse(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import jwt",
        "from cryptography.hazmat.primitives.ciphers import modes",
        "from cryptography.hazmat.primitives.asymmetric import rsa, padding\n",
        "import hashlib\nhashlib.sha1(b'')",
        "from hashlib import md5",
        "import hashlib\nhashlib.new(name)",
    ],
)
def test_other_cryptography_is_found(text: str) -> None:
    assert other_cryptography(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "from xml.sax.saxutils import escape",
        "from urllib.parse import urlsplit",
        "import hashlib\nhashlib.sha256(b'')",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
    ],
)
def test_what_is_allowed_is_no_fault(text: str) -> None:
    tree = ast.parse(text)
    assert calls_out(tree) == other_cryptography(tree) == []
