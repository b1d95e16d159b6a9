"""The wheel holds the package and its licence, nothing of the workshop."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
NOT_IN_IT = (".git", "tests", "benchmarks", "__pycache__", ".env", ".venv")


def test_the_wheel_holds_the_package_only() -> None:
    builder = WheelBuilder(str(ROOT))
    files = [Path(one.distribution_path) for one in builder.recurse_included_files()]
    assert len(files) > 300
    assert {path.parts[0] for path in files} == {"antagonist"}
    assert [path for path in files if {*path.parts} & {*NOT_IN_IT}] == []
    assert [path for path in files if path.suffix in (".db", ".pem", ".key", ".pyc")] == []
