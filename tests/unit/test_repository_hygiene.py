"""What every committed file keeps to: short sources, no machine path, no package index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE_LINES = 320

# Built from parts, so that this file holds none of what it forbids.
FORBIDDEN = re.compile(
    "|".join(
        (
            r"(?:pypi|pythonhosted|deb\.debian|anaconda)" + r"\.org\b",
            r"registry\.npm" + r"js\b",
            r"(?<![\w./~-])/(?:work|tmp|root|home|Users|opt|mnt)" + r"/\w",
            r"\b[A-Z]:\\Users" + r"\\",
            r"(?:^|\s)\.library" + "/",
        )
    )
)
INDEX_OPTION = re.compile(
    r"^\s*(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b|@ file:",
    re.MULTILINE,
)


def too_long(root: Path) -> list[str]:
    """Files with more lines than allowed; ``data``, catalogues and machine code are no code."""
    wrong = []
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root).parts
        words = {"data", "locale", "__pycache__"} & set(inner[:-1])
        if not path.is_file() or words:
            continue
        content = path.read_bytes()
        lines = 0 if b"\0" in content else content.count(b"\n")
        if lines > LONGEST_FILE_LINES:
            wrong.append(f"{'/'.join(inner)}: {lines} lines")
    return wrong


def forbidden_lines(text: str) -> list[str]:
    """Lines that name a package index or a path of one machine."""
    return [line for line in text.splitlines() if FORBIDDEN.search(line)]


def project_files() -> list[Path]:
    """Files that are committed or would be: all that git sees and does not ignore."""
    git = shutil.which("git")
    command = [git or "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=False) if git else None
    if listing is None or listing.returncode:
        reason = "git is not installed" if listing is None else listing.stderr.decode()
        if os.environ.get("CI") == "true":
            pytest.fail(f"cannot list the committed files: {reason}")
        pytest.skip(f"CANNOT LIST THE COMMITTED FILES: {reason}")
    paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str:
    """The file's text; empty for a file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_sources_are_short() -> None:
    assert too_long(ROOT / "src") == []


def test_a_long_source_is_found_and_long_data_is_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.yaml").write_text("- 1\n" * 321)
    (tmp_path / "kernel.py").write_text("x = 1\n" * 320)
    assert too_long(tmp_path) == []
    (tmp_path / "kernel.py").write_text("x = 1\n" * 321)
    assert too_long(tmp_path) == ["kernel.py: 321 lines"]


def test_no_committed_text_names_an_index_or_a_machine_path() -> None:
    files = project_files()
    assert ROOT / "pyproject.toml" in files
    found = {str(path.relative_to(ROOT)): forbidden_lines(text_of(path)) for path in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_leaves_the_index_to_the_machine_and_pins_every_file(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert INDEX_OPTION.findall(text) == []
    assert re.search(r"^numpy==", text, re.MULTILINE)
    entries = re.findall(r"^[^\s#-].*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    "parts",
    [
        ("see https://py", "pi.org/project/x"),
        ("https://files.python", "hosted.org/x"),
        ("https://registry.npm", "js.org"),
        ("open /wo", "rk/main/x.csv"),
        ("'/tm", "p/x'"),
        ("#!/ho", "me/someone/bin/python"),
        ("C:", "\\Users\\someone"),
    ],
)
def test_an_index_or_a_machine_path_is_found(parts: tuple[str, ...]) -> None:
    line = "".join(parts)
    assert forbidden_lines(f"fine\n{line}\n") == [line]


@pytest.mark.parametrize(
    "line", ["#!/usr/bin/env bash", "../work/x", "https://example.org/home/x", "and/or", "ng/mL"]
)
def test_plain_text_is_not_mistaken_for_a_machine_path(line: str) -> None:
    assert forbidden_lines(line) == []


@pytest.mark.parametrize(
    "line", ["--index-url x", "-i x", "--find-links x", "numpy @ file:///x/y.whl", "  -f x"]
)
def test_an_index_option_in_a_lock_is_found(line: str) -> None:
    assert INDEX_OPTION.search(f"numpy==2.0\n{line}\n")
