"""The passphrase scheme: what the CLI encrypted, and what is encrypted here."""

from __future__ import annotations

import io

import pytest

from sandbox.engine import DeploymentError
from sandbox.engine.secrets import crypter_of, main, new_crypter

# Made by the pulumi CLI 3.272.0.
_PASSPHRASE = "open sesame"
_SALT = "v1:vyo26ESZhM0=:v1:zn0nmetDdcWvpQDr:ibvZ+96EpHrDjzPOjJ67D5VzPPWzdQ=="
_CIPHERTEXT = "v1:CAer718If0GhYBeP:1suL0aDThdnXWYwxwbHTQAbUR9Q7e7GrN6DlNg=="


def test_what_the_cli_encrypted_can_be_read() -> None:
    assert crypter_of(_PASSPHRASE, _SALT).decrypt(_CIPHERTEXT) == "blue & green"


def test_a_new_salt_belongs_to_its_passphrase_only() -> None:
    crypter = new_crypter("one")
    assert crypter_of("one", crypter.salt).decrypt(crypter.encrypt("text")) == "text"
    with pytest.raises(DeploymentError, match="set PULUMI_CONFIG_PASSPHRASE"):
        crypter_of("two", crypter.salt)


def test_the_same_text_keeps_its_ciphertext_in_a_state_that_does_not_change() -> None:
    crypter = crypter_of(_PASSPHRASE, _SALT)
    crypter.decrypt(_CIPHERTEXT)
    assert crypter.encrypt("blue & green") == _CIPHERTEXT
    assert crypter.encrypt("other") == crypter.encrypt("other") != crypter.encrypt("another")


@pytest.mark.parametrize("salt", ["", "v1:only", "v1:!!!:v1:a:b"])
def test_what_is_no_salt_is_refused(salt: str) -> None:
    with pytest.raises(DeploymentError):
        crypter_of(_PASSPHRASE, salt)


@pytest.mark.parametrize("ciphertext", ["", "text", "v1:a:b", _CIPHERTEXT.replace("1suL", "1suM")])
def test_what_another_key_encrypted_is_refused(ciphertext: str) -> None:
    with pytest.raises(DeploymentError, match="Encrypt it again"):
        crypter_of(_PASSPHRASE, _SALT).decrypt(ciphertext)


def test_the_command_makes_salts_and_encrypts_what_it_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    assert main(["salt"]) == 0
    salt = capsys.readouterr().out.strip()
    monkeypatch.setattr("sys.stdin", io.StringIO("hush"))
    assert main(["encrypt", salt]) == 0
    assert crypter_of("another", salt).decrypt(capsys.readouterr().out.strip()) == "hush"
    assert main([]) == 2
