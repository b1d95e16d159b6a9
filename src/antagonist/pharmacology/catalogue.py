"""Load the data files of this room: structures, formulations, and their content hashes."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.models import Formulation, Structure

DATA = Path(__file__).parent / "data"
M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping from a file. Raises InputError naming file and line if it is not one."""
    try:
        with path.open(encoding="utf-8") as stream:
            content = yaml.load(stream, Loader=yaml.CSafeLoader)
    except OSError as error:
        raise InputError(path.name, "", None, f"a readable file: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else ""
        raise InputError(path.name, line, None, f"valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise InputError(path.name, "", type(content).__name__, "a mapping of keys to values")
    return content


def validated(model: type[M], content: Mapping[str, Any], source: str) -> M:
    """Content as a model. Raises InputError with the first field that is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        value = first["input"] if not isinstance(first["input"], dict) else None
        raise InputError(source, field, value, first["msg"]) from None


def _merge(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A variant on its base: lists grow, mappings are updated, the rest is replaced."""
    merged = dict(base)
    for key, value in extra.items():
        if key == "based_on":
            continue
        if isinstance(value, list) and key in base:
            merged[key] = [*base[key], *value]
        elif isinstance(value, dict) and key in base:
            merged[key] = {**base[key], **value}
        else:
            merged[key] = value
    return merged


def structure_content(path: Path) -> dict[str, Any]:
    """Content of a structure file with what it is based on (a file beside it) merged in."""
    content = read_yaml(path)
    if "based_on" not in content:
        return content
    return _merge(structure_content(path.with_name(f"{content['based_on']}.yaml")), content)


def load_structure(path: Path) -> Structure:
    """A structure from its file. Raises InputError naming file and field."""
    return validated(Structure, structure_content(path), path.name)


@lru_cache(maxsize=32)
def structure(name: str) -> Structure:
    """A structure that comes with the package, by id."""
    path = DATA / "structures" / f"{name}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise InputError("", "structure", name, near_match(name, known))
    return load_structure(path)


def load_formulation(path: Path) -> Formulation:
    """A formulation from its file. Raises InputError naming file and field."""
    return validated(Formulation, read_yaml(path), path.name)


@lru_cache(maxsize=1)
def formulations() -> Mapping[str, Formulation]:
    """Every formulation that comes with the package, by product id and alias."""
    found: dict[str, Formulation] = {}
    for path in sorted((DATA / "release").glob("*.yaml")):
        formulation = load_formulation(path)
        for name in (formulation.id, *formulation.aliases):
            found[name] = formulation
    return found


def near_match(name: str, known: Iterable[str]) -> str:
    """What is allowed, with the nearest known name first if one is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}known: {', '.join(names)}"


def content_hash(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
