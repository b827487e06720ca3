import json
import stat
from pathlib import Path
from typing import Any
from unicodedata import normalize

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from kis_mcp.errors import SettingsError, StorageError
from kis_mcp.keystore import forget_keys, has_keychain, has_keys, keep_in_keychain, keep_sealed, keys_file, read_keys
from kis_mcp.keystore.keychain import LARGEST
from kis_mcp.keystore.passphrase import require_strong
from kis_mcp.settings.profile import KEY_FIELDS
from tests.keystore.keychains import FakeKeychain, seal_cheaply, use_keychain

KEYS = {"paper_app_key": "PS" + "k" * 34, "paper_app_secret": "s" * 180, "paper_stock": "12345678-01"}
PASSPHRASE = "a long enough phrase"
GIVEN = {"KIS_PASSPHRASE": PASSPHRASE}


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch) -> FakeKeychain:
    seal_cheaply(monkeypatch)
    present = FakeKeychain()
    use_keychain(monkeypatch, present)
    return present


@pytest.fixture(autouse=True)
def no_keychain_but_a_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    seal_cheaply(monkeypatch)
    use_keychain(monkeypatch, None)


def test_what_was_never_set_up_is_empty_and_looks_for_no_keychain(tmp_path: Path) -> None:
    assert read_keys(tmp_path, {}) == {}


def test_the_keychain_gives_back_what_it_was_given_and_the_file_holds_none_of_it(
    tmp_path: Path, keychain: FakeKeychain
) -> None:
    keep_in_keychain(tmp_path, KEYS)
    assert read_keys(tmp_path, {}) == KEYS
    assert not any(value in keys_file(tmp_path).read_text() for value in KEYS.values())


def test_sealed_keys_open_with_their_passphrase_alone(tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    assert read_keys(tmp_path, GIVEN) == KEYS
    assert not any(value in keys_file(tmp_path).read_text() for value in KEYS.values())
    assert stat.S_IMODE(keys_file(tmp_path).stat().st_mode) == 0o600
    with pytest.raises(SettingsError, match="does not open"):
        read_keys(tmp_path, {"KIS_PASSPHRASE": PASSPHRASE + "."})


def test_sealed_keys_without_a_passphrase_are_refused_with_both_ways_to_give_it(tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    with pytest.raises(SettingsError, match=r"Set KIS_PASSPHRASE_FILE .* or set KIS_PASSPHRASE;"):
        read_keys(tmp_path, {})


@pytest.mark.parametrize("part", ["scrypt", "salt", "nonce", "sealed", "kept_in"])
@pytest.mark.parametrize("change", [None, "AAAA", "", {"n": 1 << 30, "r": 8, "p": 1}, 7])
def test_a_changed_part_of_sealed_keys_is_refused(part: str, change: Any, tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    content = json.loads(keys_file(tmp_path).read_text())
    keys_file(tmp_path).write_text(json.dumps({**content, part: change}))
    with pytest.raises(SettingsError):
        read_keys(tmp_path, GIVEN)


def test_the_same_keys_are_never_sealed_alike(tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    first = keys_file(tmp_path).read_bytes()
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    assert keys_file(tmp_path).read_bytes() != first


def test_a_passphrase_is_the_same_however_a_keyboard_composes_hangul(tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, normalize("NFC", "비밀번호가 길어요"))
    assert read_keys(tmp_path, {"KIS_PASSPHRASE": normalize("NFD", "비밀번호가 길어요")}) == KEYS


def test_keys_kept_again_replace_the_earlier_ones_in_one_entry(tmp_path: Path, keychain: FakeKeychain) -> None:
    keep_in_keychain(tmp_path, KEYS)
    keep_in_keychain(tmp_path, {"app_key": "another"})
    assert read_keys(tmp_path, {}) == {"app_key": "another"}
    assert len(keychain.entries) == 1


def test_sealing_keys_takes_them_out_of_the_keychain(tmp_path: Path, keychain: FakeKeychain) -> None:
    keep_in_keychain(tmp_path, KEYS)
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    assert (keychain.entries, read_keys(tmp_path, GIVEN)) == ({}, KEYS)


def test_two_data_folders_have_keys_of_their_own(tmp_path: Path, keychain: FakeKeychain) -> None:
    keep_in_keychain(tmp_path / "a", KEYS)
    keep_in_keychain(tmp_path / "b", {"app_key": "another"})
    assert read_keys(tmp_path / "a", {}) == KEYS


def test_a_folder_that_cannot_be_written_leaves_nothing_in_the_keychain(tmp_path: Path, keychain: FakeKeychain) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        keep_in_keychain(tmp_path / "file", KEYS)
    assert keychain.entries == {}


def test_forgetting_removes_entry_and_file_and_does_nothing_the_second_time(
    tmp_path: Path, keychain: FakeKeychain
) -> None:
    keep_in_keychain(tmp_path, KEYS)
    assert [forget_keys(tmp_path), forget_keys(tmp_path)] == [True, False]
    assert (keychain.entries, has_keys(tmp_path)) == ({}, False)


def test_a_locked_keychain_is_told_and_forgetting_names_what_is_left_in_it(
    tmp_path: Path, keychain: FakeKeychain
) -> None:
    keep_in_keychain(tmp_path, KEYS)
    ((_, entry),) = keychain.entries
    keychain.is_locked = True
    with pytest.raises(SettingsError, match="KeyringLocked"):
        read_keys(tmp_path, {})
    with pytest.raises(SettingsError, match=f"Delete the entry {entry}"):
        forget_keys(tmp_path)
    assert not has_keys(tmp_path)


def test_an_entry_that_is_gone_is_told(tmp_path: Path, keychain: FakeKeychain) -> None:
    keep_in_keychain(tmp_path, KEYS)
    keychain.entries.clear()
    with pytest.raises(SettingsError, match="no longer has the keys"):
        read_keys(tmp_path, {})


def test_keys_of_both_environments_fit_into_an_entry_of_windows() -> None:
    longest = {field: "s" * 180 if "secret" in field else "k" * 36 for names in KEY_FIELDS.values() for field in names}
    assert len(json.dumps({**longest, "hts_id": "h" * 20})) < LARGEST


def test_what_does_not_fit_is_refused_before_it_is_cut(tmp_path: Path, keychain: FakeKeychain) -> None:
    with pytest.raises(SettingsError, match="too long"):
        keep_in_keychain(tmp_path, {"app_key": "k" * LARGEST})
    assert (keychain.entries, has_keys(tmp_path)) == ({}, False)


def test_a_backend_that_is_no_keychain_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(keyring, "get_keyring", NoKeyring)
    assert not has_keychain()


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"a long enough phrase\n", 0o644, "others can read it"),
        (b"\nphrase", 0o600, "first line is empty"),
        (b"\xff\xfe", 0o600, "not UTF-8"),
        (None, 0o600, "No such file"),
    ],
)
def test_a_file_that_gives_no_passphrase_is_told_with_the_reason(
    content: bytes | None, mode: int, why: str, tmp_path: Path
) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    path = tmp_path / "phrase"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(SettingsError, match=why):
        read_keys(tmp_path, {"KIS_PASSPHRASE_FILE": str(path)})


def test_the_first_line_of_a_private_file_is_the_passphrase(tmp_path: Path) -> None:
    keep_sealed(tmp_path, KEYS, PASSPHRASE)
    path = tmp_path / "phrase"
    path.write_text(f"{PASSPHRASE}\nmore\n")
    path.chmod(0o600)
    assert read_keys(tmp_path, {"KIS_PASSPHRASE_FILE": str(path)}) == KEYS


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "ababababab"])
def test_a_passphrase_that_is_soon_guessed_is_refused(weak: str) -> None:
    with pytest.raises(SettingsError, match="easily guessed"):
        require_strong(weak)
