"""Where a benchmark's result goes: printed, and between a documentation page's markers."""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def add_write(parser: argparse.ArgumentParser) -> None:
    """The option that takes a page and the name of its markers."""
    parser.add_argument(
        "--write",
        nargs=2,
        metavar=("PAGE", "SECTION"),
        help="page and markers that take the result",
    )


def written(asked: argparse.Namespace, content: str) -> None:
    """Print a result and put it on the page asked for. Raises ValueError without its markers."""
    print(content)
    if asked.write is None:
        return
    page, section = Path(asked.write[0]), asked.write[1]
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    before, begun, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{page} has no {begin} ... {end}")
    page.write_text(f"{before}{begin}\n{content}\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Day, cores, processor kind, Python, and how busy the machine was before."""
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}; load before the run {load:.1f}."
    )
