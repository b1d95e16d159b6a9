"""Compiled loops are kept whole, found again, and never taken from another compiler or machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import llvmlite
import pytest

from antagonist.pharmacology.kernel.compiled import build, load, store
from antagonist.pharmacology.kernel.compiled.store import Processor, file_name, keep, kept

HERE = Processor("x86_64-unknown-linux-gnu", "some-processor", "+a,+b")
OTHER = Processor("x86_64-unknown-linux-gnu", "other-processor", "+a,+b")
CODE = b'{"a": "b"}\n' + bytes(range(256)) * 40


def compiles(_: Processor, *, processes: int) -> bytes:
    """Stands for the compiler, which takes long."""
    assert processes > 0
    return CODE


def never(_: Processor, *, processes: int) -> bytes:
    """Stands for the compiler where nothing is to be compiled."""
    raise AssertionError(f"compiled again, in {processes} processes")


@dataclass(frozen=True)
class Places:
    """The two folders, and what stands for each."""

    beside: Path
    cache: Path

    def close(self, *folders: Path) -> None:
        """Make folders impossible to write: even the superuser makes none where a file is."""
        for folder in folders:
            folder.parent.mkdir(exist_ok=True)
            folder.write_text("")

    def files(self) -> set[str]:
        """Names of all that lies in both folders."""
        return {path.name for folder in (self.beside, self.cache) for path in folder.glob("*")}


@pytest.fixture(name="places")
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    places = Places(tmp_path / "package" / "built", tmp_path / "cache" / "antagonist")
    monkeypatch.setattr(store, "beside", lambda: places.beside)
    monkeypatch.setattr(store, "folders", lambda: [places.beside, places.cache])
    return places


def test_what_is_kept_is_found_again(places: Places) -> None:
    assert kept(HERE) is None
    path = keep(HERE, CODE)
    assert path == places.beside / file_name(HERE)
    assert kept(HERE) == CODE
    assert places.files() == {file_name(HERE)}


def test_a_read_only_installation_falls_back_to_the_users_cache(places: Places) -> None:
    places.close(places.beside)
    path = keep(HERE, CODE)
    assert path == places.cache / file_name(HERE)
    assert kept(HERE) == CODE


def test_without_any_folder_it_compiles_and_says_so(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    places.close(places.beside, places.cache)
    monkeypatch.setattr(build, "object_file", compiles)
    assert build.build(HERE) == CODE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "every start compiles it again" in said.err
    assert kept(HERE) is None


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b[:40], lambda b: b[:0], lambda b: b[:-9] + b"x" + b[-8:]],
    ids=["short", "nearly all gone", "empty", "one byte changed"],
)
def test_a_damaged_file_is_compiled_again(
    places: Places, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keep(HERE, CODE)
    assert path is not None
    path.write_bytes(damage(path.read_bytes()))
    assert kept(HERE) is None
    monkeypatch.setattr(build, "object_file", compiles)
    assert load.machine_code(HERE) == CODE
    assert kept(HERE) == CODE
    assert places.files() == {file_name(HERE)}


def test_what_cannot_be_read_does_not_hide_the_users_cache(places: Places) -> None:
    (places.beside / file_name(HERE)).mkdir(parents=True)
    assert keep(HERE, CODE) == places.cache / file_name(HERE)
    assert kept(HERE) == CODE
    assert places.files() == {file_name(HERE)}, "a part was left behind"


def test_another_processor_or_compiler_is_another_file(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(HERE, CODE)
    assert kept(OTHER) is None
    assert kept(Processor(HERE.triple, HERE.name, "+a")) is None
    assert kept(Processor("aarch64-apple-darwin", HERE.name, HERE.features)) is None
    monkeypatch.setattr(llvmlite, "__version__", "0.0.1")
    assert kept(HERE) is None
    assert places.files() != {file_name(HERE)}


def test_changed_loops_are_another_file(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(HERE, CODE)
    source = tmp_path / "kernel" / "compiled"
    source.mkdir(parents=True)
    (source / "loops.py").write_text("a = 1\n")
    (source.parent / "limits.py").write_text("b = 1\n")
    monkeypatch.setattr(store, "HERE", source)
    first = file_name(HERE)
    assert kept(HERE) is None
    (source.parent / "limits.py").write_text("b = 2\n")
    second = file_name(HERE)
    (source / "loops.py").write_text("a = 2\n")
    assert len({first, second, file_name(HERE)}) == 3
    assert len(places.files()) == 1


def test_older_loops_of_the_same_processor_are_removed_beside_the_package(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(HERE, CODE)
    old = file_name(HERE)
    keep(OTHER, CODE)
    for name in ("README", "loops.bin", "loops-mine.bin"):
        (places.beside / name).write_text("")
    monkeypatch.setattr(llvmlite, "__version__", "0.0.1")
    assert file_name(HERE) != old
    before = places.files()
    keep(HERE, CODE)
    assert places.files() == before - {old} | {file_name(HERE)}


def test_nothing_is_removed_from_the_users_cache(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.close(places.beside)
    keep(HERE, CODE)
    monkeypatch.setattr(llvmlite, "__version__", "0.0.1")
    keep(HERE, CODE)
    assert len(places.files()) == 2


def test_writers_and_readers_at_once_do_not_harm_each_other(places: Places) -> None:
    codes = [b"{}\n" + bytes([n]) * 200_000 for n in range(8)]

    def write_and_read(n: int) -> bytes | None:
        assert keep(HERE, codes[n % 8]) is not None
        return kept(HERE)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(write_and_read, range(64)))
    assert set(seen) <= set(codes)
    assert places.files() == {file_name(HERE)}


def test_a_write_that_fails_leaves_nothing(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _: Path) -> None:
        assert path.exists()
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    assert keep(HERE, CODE) is None
    assert places.files() == set()


def test_the_folders_are_the_packages_and_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = Path(store.__file__).parent / "built"
    assert store.folders() == [built, tmp_path / "antagonist"]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert store.folders() == [built, tmp_path / "home" / ".cache" / "antagonist"]


def test_a_user_without_a_home_has_the_packages_folder_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home directory")

    for name in ("LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert store.folders() == [store.beside()]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_first_call_says_what_it_waits_for_at_a_terminal_only(
    places: Places, terminal: bool, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(build, "object_file", compiles)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert load.machine_code(HERE) == CODE
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{build.NOTICE}\n" if terminal else "")
    monkeypatch.setattr(build, "object_file", never)
    assert load.machine_code(HERE) == CODE
    assert places.files() == {file_name(HERE)}


def test_set_up_compiles_once(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "object_file", compiles)
    build.main()
    assert capsys.readouterr().out == f"{build.NOTICE}\n"
    assert len(places.files()) == 1
    monkeypatch.setattr(build, "object_file", never)
    build.main()
    assert capsys.readouterr().out == ""
