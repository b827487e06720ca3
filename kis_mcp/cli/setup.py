"""``kis-mcp setup``: KIS' keys, checked with KIS, into the keychain or sealed with a passphrase."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import typer

from kis_mcp.account import masked
from kis_mcp.cli.words import say, tell
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisMcpError, SettingsError
from kis_mcp.keystore import (
    PASSPHRASE,
    PASSPHRASE_FILE,
    forget_keys,
    has_keychain,
    keep_in_keychain,
    keep_sealed,
    keys_file,
    read_keys,
    read_passphrase,
    require_strong,
    wants_passphrase,
)
from kis_mcp.settings import HTS_ID, KEY_FIELDS, KIS_FILE, data_folder, read_key_file
from kis_mcp.wiring import check_keys, check_settings

_CLOCKS_DIFFER = timedelta(seconds=30)

Store = Literal["auto", "keychain", "passphrase"]

_TITLES = {Environment.DEMO: "demo (모의투자)", Environment.REAL: "real (실전투자)"}
_WHAT_A_PASSPHRASE_NEEDS = (
    f"A server opens the keys with the passphrase in the file that {PASSPHRASE_FILE} names (chmod 600), or in"
    f" {PASSPHRASE}. The file is the better way: the variable is seen by programs that the server starts, and a host's"
    " configuration holds it in plain text. Keep the file off the disk of the data folder where you can: beside it, it"
    " protects copies of that folder alone."
)


def run(environments: Sequence[Environment], source: Path | None, store: Store) -> None:
    """Take the keys, have KIS check each environment's, and keep them. Nothing is kept unless KIS takes them all.

    Raises:
        BadArgument: Nobody sits at a terminal, and no file is named.
        SettingsError: A key or an account cannot be right, or the place to keep them cannot be used.
        CredentialsError, RateLimited, KisUnavailable: KIS refuses the keys, or cannot be asked.
    """
    folder = data_folder()
    kept = _kept_keys(folder)
    values = _of_file(source, environments) if source else _typed(environments)
    passphrase = _passphrase(folder, store)  # before KIS is asked: each token that it gives is told to its customer
    given = [environment for environment in KEY_FIELDS if KEY_FIELDS[environment][0] in values]
    for environment in given:
        _check(environment, {**kept, **values})
    _keep(folder, {**kept, **values}, passphrase)
    numbers = [
        masked(values[field].partition("-")[0]) for each in given for field in KEY_FIELDS[each][2:] if field in values
    ]
    tell(f"Kept: keys of {' and '.join(given)}; accounts {', '.join(numbers) or 'none'}.")
    if Environment.REAL in given:
        tell("Real is used only with KIS_ENV=real, and orders there need KIS_ALLOW_REAL_ORDERS=1 and both caps.")
    tell("Next: `kis-mcp install claude-desktop`, or another host; `kis-mcp doctor` shows what works.")


def forget() -> None:
    """Remove what `run` kept, and the access tokens of it; say so too when there is nothing.

    Raises:
        SettingsError, StorageError: The keychain or the file cannot be used.
    """
    folder = data_folder()
    was_there = forget_keys(folder)
    for environment in KEY_FIELDS:
        for token in (folder / environment / "tokens").glob("*.json"):
            token.unlink(missing_ok=True)
    tell("The keys are forgotten." if was_there else f"No keys are kept for {folder}.")


def _kept_keys(folder: Path) -> Mapping[str, str]:
    if wants_passphrase(folder) and read_passphrase(os.environ) is None and sys.stdin.isatty():
        os.environ[PASSPHRASE] = typer.prompt(say("Passphrase of the keys that are kept"), hide_input=True, err=True)
    return read_keys(folder, os.environ)


def _of_file(source: Path, environments: Sequence[Environment]) -> dict[str, str]:
    values = read_key_file(source)
    wanted = [each for each in environments or KEY_FIELDS if KEY_FIELDS[each][0] in values]
    if missing := set(environments) - set(wanted):
        raise SettingsError(
            f"{source} has no keys of {' and '.join(sorted(missing))}.",
            remedy="Leave --env out to take what the file has, or name another file.",
            field="--import",
        )
    fields = {HTS_ID, *(field for each in wanted for field in KEY_FIELDS[each])}
    return {field: text for field, text in values.items() if field in fields}


def _typed(environments: Sequence[Environment]) -> dict[str, str]:
    if not sys.stdin.isatty():
        raise BadArgument(
            "Keys are typed by a person.",
            remedy="Run `kis-mcp setup` in a terminal, or name a file: `kis-mcp setup --import kis_devlp.yaml`.",
            field="keys",
        )
    if not environments:
        question = say(f"Take the keys that are in {KIS_FILE}?")
        if KIS_FILE.expanduser().is_file() and typer.confirm(question, default=True):
            return _of_file(KIS_FILE, ())
        answer = typer.prompt(say("Keys of demo, real or both"), default="demo")
        environments = tuple(KEY_FIELDS) if answer.strip().lower() == "both" else (_environment(answer),)
    values: dict[str, str] = {}
    for environment in environments:
        key, secret, stock, future = KEY_FIELDS[environment]
        tell(f"From KIS Developers (apiportal.koreainvestment.com), for {_TITLES[environment]}. Keys are not shown.")
        values[key] = typer.prompt(say("App key"), hide_input=True)
        values[secret] = typer.prompt(say("App secret"), hide_input=True)
        values[stock] = _optional("Account of stocks, as 12345678-01; Enter for none")
        values[future] = _optional("Account of futures, as 12345678-03; Enter for none")
    values[HTS_ID] = _optional("HTS ID, for notices of fills; Enter for none")
    return {field: text.strip() for field, text in values.items() if text.strip()}


def _environment(answer: str) -> Environment:
    try:
        environment = Environment(answer.strip().lower())
    except ValueError:
        environment = Environment.SIM
    if environment is Environment.SIM:
        raise BadArgument(f"{answer!r} is none of demo, real and both.", remedy="Start again.", field="environment")
    return environment


def _optional(label: str) -> str:
    return typer.prompt(say(label), default="", show_default=False)


def _check(environment: Environment, values: Mapping[str, str]) -> None:
    """Have KIS check the keys of an environment; what it says becomes an error of the same kind."""
    fields = {*KEY_FIELDS[environment], HTS_ID}
    own = {field: text for field, text in values.items() if field in fields}
    blank = dict.fromkeys(KEY_FIELDS[environment][2:], "")  # no account of KIS' file is checked beside them
    settings = check_settings(env=environment, switchable_envs=frozenset(), **{**blank, **own})
    steps = ["its address"]

    def show(step: str) -> None:
        steps.append(step)
        tell(f"Asking KIS ({environment}) for {step} …", err=True)

    try:
        error = anyio.run(partial(check_keys, settings, environment, on_step=show))
    except KisMcpError as failure:
        raise type(failure)(
            f"Nothing was kept: {environment} was asked for {steps[-1]}. {failure.what}",
            remedy=f"{failure.remedy} Then run `kis-mcp setup` again.",
            field=failure.field,
            kis_code=failure.kis_code,
            kis_message=failure.kis_message,
        ) from None
    tell(f"KIS takes the keys of {environment}.", err=True)
    if error and abs(error) > _CLOCKS_DIFFER:
        tell(f"KIS' clock differs from this machine's by {error}; see `kis-mcp doctor`.", err=True)


def _passphrase(folder: Path, store: Store) -> str | None:
    """What to seal the keys with; None for the keychain."""
    if store == "keychain" or (store == "auto" and has_keychain() and not wants_passphrase(folder)):
        return None
    passphrase = read_passphrase(os.environ)
    if passphrase is None:
        passphrase = _new_passphrase()
    require_strong(passphrase)
    return passphrase


def _keep(folder: Path, values: Mapping[str, str], passphrase: str | None) -> None:
    if passphrase is None:
        keep_in_keychain(folder, values)
        tell("The keys are in the keychain of this system; a server of this user opens them by itself.")
        return
    keep_sealed(folder, values, passphrase)
    tell(f"The keys are sealed in {keys_file(folder)}. {_WHAT_A_PASSPHRASE_NEEDS}")


def _new_passphrase() -> str:
    if not sys.stdin.isatty():
        raise SettingsError(
            "There is no keychain in this session, and no passphrase to seal the keys with. Nothing was kept.",
            remedy=f"Set {PASSPHRASE_FILE} to a file that only you can read and that holds one, and try again.",
            field=PASSPHRASE_FILE,
        )
    label, again = say("A passphrase to seal the keys with"), say("Once more")
    return typer.prompt(label, hide_input=True, confirmation_prompt=again)
