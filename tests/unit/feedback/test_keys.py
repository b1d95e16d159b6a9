"""The key file is its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from antagonist.feedback.keys import create_keyring, load_keyring
from antagonist.foundation.errors import InputError

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o640, 0o620, 0o601, 0o666])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    kept = create_keyring(tmp_path / "record.keys").path
    kept.chmod(mode)
    with pytest.raises(InputError, match="chmod 600"):
        load_keyring(kept)


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_file_of_its_owner_is_read(tmp_path: Path, mode: int) -> None:
    made = create_keyring(tmp_path / "record.keys")
    made.path.chmod(mode)
    assert load_keyring(made.path).master == made.master


@POSIX
def test_a_credential_that_root_hands_over_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd gives it: root's, with group bits that are the mask of an access list."""
    if os.geteuid() != 0:
        pytest.skip("only root makes files of root's")
    made = create_keyring(tmp_path / "record.keys")
    made.path.chmod(0o440)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert load_keyring(made.path).master == made.master
    made.path.chmod(0o444)
    with pytest.raises(InputError):
        load_keyring(made.path)
