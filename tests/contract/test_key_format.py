"""Keys: told from garbage without a look-up, found by scanners, kept only as keyed digests."""

import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.key_format import (
    ALPHABET,
    KEY_LENGTH,
    SCANNER_REGEX,
    Environment,
    checksum,
    digest_key,
    is_client_secret,
    is_secret,
    is_well_formed,
    key_environment,
    mint_client_secret,
    mint_key,
    stub_key,
)


@pytest.mark.parametrize("environment", ["test", "live"])
def test_a_new_key_is_well_formed_and_names_its_environment(environment: Environment) -> None:
    key = mint_key(environment)
    assert len(key) == KEY_LENGTH
    assert is_well_formed(key)
    assert key_environment(key) == environment


def test_keys_do_not_repeat() -> None:
    assert len({mint_key("test") for _ in range(2000)}) == 2000


def test_the_checksum_is_crc32_in_base62() -> None:
    assert checksum("") == "000000"
    assert checksum("pc_test_") == _base62(zlib.crc32(b"pc_test_"))


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits.rjust(6, "0")


@given(position=st.integers(0, KEY_LENGTH - 1), char=st.sampled_from(ALPHABET + "_-é \n"))
def test_any_changed_character_is_noticed(position: int, char: str) -> None:
    key = mint_key("test")
    changed = key[:position] + char + key[position + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(st.text(max_size=60))
def test_garbage_is_refused_without_an_error(text: str) -> None:
    assert not is_well_formed(text)


@pytest.mark.parametrize("change", [str.upper, lambda key: key + "\n", lambda key: " " + key, lambda key: key + key])
def test_a_key_in_disguise_is_refused(change: Callable[[str], str]) -> None:
    assert not is_well_formed(change(mint_key("live")))


def test_the_scanners_regex_finds_a_key_in_any_text() -> None:
    keys = [mint_key("test"), mint_key("live")]
    text = f'{{"key":"{keys[0]}"}}\nAuthorization: Bearer {keys[1]}; pc_test_short'
    assert re.findall(SCANNER_REGEX, text) == keys


def test_a_clients_secret_is_found_like_a_key_but_never_passes_for_one() -> None:
    secret, key = mint_client_secret("live"), mint_key("live")
    assert secret.startswith("pcs_live_")
    assert (is_client_secret(secret), is_secret(secret), is_well_formed(secret)) == (True, True, False)
    assert not is_client_secret(key)
    assert not is_client_secret(secret[:-1] + ("a" if secret[-1] != "a" else "b"))
    assert re.findall(SCANNER_REGEX, f"{secret} {key}") == [secret, key]
    assert len(stub_key(secret).prefix.removeprefix("pcs_live_") + stub_key(secret).last4) == 8


def test_a_digest_depends_on_the_pepper_and_never_holds_the_key() -> None:
    key = mint_key("test")
    assert digest_key(key, b"one") != digest_key(key, b"two")
    assert re.fullmatch("[0-9a-f]{64}", digest_key(key, b"one"))
    assert digest_key("abc", b"key") == "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab"


def test_a_stub_shows_eight_characters_of_the_secret_at_most() -> None:
    key = mint_key("live")
    stub = stub_key(key)
    assert (stub.prefix, stub.last4) == (key[:12], key[-4:])
    assert len(stub.prefix.removeprefix("pc_live_") + stub.last4) == 8
