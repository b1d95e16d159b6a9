"""The one-way rule: faces -> feedback -> planning -> pharmacology and label -> foundation."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "antagonist"
FACES = ("report", "cli", "web", "interop", "populations", "bench")
LOWER = {"foundation": 0, "label": 1, "pharmacology": 1, "planning": 2, "feedback": 3}
FLOOR = LOWER | dict.fromkeys(FACES, 4)
# Modules that lie beside the rooms (__init__, __main__) are the front door.
FRONT_DOOR = 4
DEFERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Arrow:
    """One import: from a module to a module, deferred where a function makes it."""

    importer: str
    imported: str
    line: int
    deferred: bool


def modules(package: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module of a package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(node: ast.AST, *, deferred: bool = False) -> Iterator[tuple[ast.stmt | ast.Call, bool]]:
    """Every import statement and import_module call below a node; TYPE_CHECKING blocks too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, deferred
        if isinstance(child, ast.Call) and ast.unparse(child.func).endswith("import_module"):
            yield child, deferred
        yield from imports(child, deferred=deferred or isinstance(child, DEFERS))


def targets(node: ast.stmt | ast.Call, module: str, path: Path, known: set[str]) -> list[str]:
    """Dotted names that one import reaches: the submodule where there is one, else the module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        return [str(first.value)] if isinstance(first, ast.Constant) else []
    assert isinstance(node, ast.ImportFrom)
    base = node.module or ""
    if node.level:
        package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        above = package[: len(package) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    deeper = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in known else base for name in deeper]


def arrows(package: Path) -> list[Arrow]:
    """Every import between modules of a package."""
    files = modules(package)
    found = []
    for module, path in files.items():
        for node, deferred in imports(ast.parse(path.read_text(encoding="utf-8"))):
            for target in targets(node, module, path, set(files)):
                if target.split(".")[0] == package.name and target != module:
                    found.append(Arrow(module, target, node.lineno, deferred))
    return found


def room(module: str) -> str:
    """The room a module lives in; empty for the package itself."""
    return ".".join(module.split(".")[1:2])


def floor(module: str, rooms: set[str]) -> int:
    """How high a module's room stands; what lies beside the rooms is the front door."""
    return FLOOR[room(module)] if room(module) in rooms else FRONT_DOOR


def wrong_directions(package: Path) -> list[str]:
    """One line for each import that climbs, or that crosses between rooms of one lower floor."""
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    unknown = [f"{name}: not in the order of rooms" for name in sorted(rooms - set(FLOOR))]
    if unknown:
        return unknown
    wrong = []
    for arrow in arrows(package):
        here, there = floor(arrow.importer, rooms), floor(arrow.imported, rooms)
        crosses = here == there < FRONT_DOOR and room(arrow.importer) != room(arrow.imported)
        if there > here or crosses:
            wrong.append(f"{arrow.importer}:{arrow.line} imports {arrow.imported}")
    return wrong


def circle(package: Path) -> list[str]:
    """Modules of one import circle at module level, TYPE_CHECKING included; empty for none."""
    graph: dict[str, set[str]] = {}
    for arrow in arrows(package):
        if not arrow.deferred:
            graph.setdefault(arrow.importer, set()).add(arrow.imported)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_the_package_keeps_the_one_way_rule() -> None:
    assert len(arrows(PACKAGE)) > 0
    assert wrong_directions(PACKAGE) == []


def test_the_package_has_no_import_circle() -> None:
    assert circle(PACKAGE) == []


def build(root: Path, files: dict[str, str]) -> Path:
    """A package named ``house`` with the given files, every folder an importable package."""
    package = root / "house"
    for name, text in ({"__init__.py": ""} | files).items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    return package


GUARDED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.label.facts\n"
IN_FUNCTION = "def late():\n    from house.cli import main\n    return main\n"
FROM_TEXT = "from importlib import import_module\nweb = import_module('house.web.pages')\n"


@pytest.mark.parametrize(
    ("importer", "text", "line", "imported"),
    [
        ("foundation/units.py", "import house.pharmacology.kernel", 1, "house.pharmacology.kernel"),
        ("label/facts.py", "from house.pharmacology import kernel", 1, "house.pharmacology.kernel"),
        ("label/facts.py", "from ..feedback import store", 1, "house.feedback.store"),
        ("label/__init__.py", "from ..feedback import store", 1, "house.feedback.store"),
        ("label/facts.py", "from house.planning import plans", 1, "house.planning.plans"),
        ("pharmacology/kernel.py", "import house.planning.plans", 1, "house.planning.plans"),
        ("planning/plans.py", "from ..feedback import store", 1, "house.feedback.store"),
        ("pharmacology/kernel.py", GUARDED, 3, "house.label.facts"),
        ("pharmacology/kernel.py", "from house import VERSION", 1, "house"),
        ("feedback/store.py", IN_FUNCTION, 2, "house.cli.main"),
        ("feedback/store.py", FROM_TEXT, 2, "house.web.pages"),
    ],
)
def test_an_import_that_climbs_or_crosses_is_found(
    tmp_path: Path, importer: str, text: str, line: int, imported: str
) -> None:
    there = [
        "pharmacology/kernel.py",
        "label/facts.py",
        "planning/plans.py",
        "feedback/store.py",
        "cli/main.py",
        "web/pages.py",
    ]
    package = build(tmp_path, dict.fromkeys(there, "") | {importer: text})
    module = "house." + importer.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert wrong_directions(package) == [f"{module}:{line} imports {imported}"]


def test_imports_downwards_and_between_faces_pass(tmp_path: Path) -> None:
    package = build(
        tmp_path,
        {
            "foundation/units.py": "import math",
            "pharmacology/kernel.py": "from house.foundation import units",
            "label/facts.py": "from house.foundation import units",
            "planning/plans.py": "from house.label import facts\nfrom ..pharmacology import kernel",
            "feedback/store.py": "from ..planning import plans\nfrom ..pharmacology import kernel",
            "report/charts.py": "from house.feedback.store import read",
            "cli/main.py": "from house import VERSION\nfrom house.report import charts",
        },
    )
    assert wrong_directions(package) == []
    assert circle(package) == []


def test_a_room_outside_the_order_is_found(tmp_path: Path) -> None:
    package = build(tmp_path, {"attic/boxes.py": ""})
    assert wrong_directions(package) == ["attic: not in the order of rooms"]


@pytest.mark.parametrize(
    "back", ["from .modes import solve", GUARDED.replace("label.facts", "pharmacology.modes")]
)
def test_a_circle_is_found(tmp_path: Path, back: str) -> None:
    files = {"pharmacology/modes.py": "from . import kernel", "pharmacology/kernel.py": back}
    names = {"house.pharmacology.modes", "house.pharmacology.kernel"}
    assert set(circle(build(tmp_path, files))) == names


def test_a_deferred_import_makes_no_circle(tmp_path: Path) -> None:
    late = "def late():\n    from .modes import solve\n    return solve\n"
    files = {"pharmacology/modes.py": "from . import kernel", "pharmacology/kernel.py": late}
    assert circle(build(tmp_path, files)) == []
