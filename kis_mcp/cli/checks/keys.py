"""Keys, accounts, and the way to KIS, of the environments that have keys."""

from collections.abc import Iterator

from kis_mcp.cli.checks.problem import Problem
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, SettingsError
from kis_mcp.settings import KEY_FIELDS, Profile, Settings
from kis_mcp.trading.blotter import clock_error_notes
from kis_mcp.wiring import check_keys, check_settings, look_at_way


async def key_problems(settings: Settings, *, offline: bool) -> list[Problem]:
    """What is wrong with the keys of demo and real, and with the way to KIS.

    Args:
        settings: As they were read.
        offline: Whether to ask neither KIS nor the network.
    """
    problems = list(_half_keys(settings))
    for environment in KEY_FIELDS:
        try:
            profile = settings.profile(environment)
        except SettingsError:
            continue
        problems += _left_out(environment, profile)
        if not offline:
            problems += await _way_and_keys(environment, profile)
    return problems


def _half_keys(settings: Settings) -> Iterator[Problem]:
    for environment, (key, secret, _, _) in KEY_FIELDS.items():
        there = [getattr(settings, name) is not None for name in (key, secret)]
        if any(there) and not all(there):
            have, lack = (key, secret) if there[0] else (secret, key)
            yield Problem(
                f"keys of {environment}",
                f"KIS_{have.upper()} is set, and KIS_{lack.upper()} is missing: there is no {environment} without it.",
                f"Run `kis-mcp setup --env {environment}`, or set KIS_{lack.upper()} too.",
            )


def _left_out(environment: Environment, profile: Profile) -> Iterator[Problem]:
    _, _, stock, _ = KEY_FIELDS[environment]
    if not profile.accounts:
        yield Problem(
            f"account of {environment}",
            "No account is set: prices work, and balances and orders are refused.",
            f"Run `kis-mcp setup --env {environment}`, or set KIS_{stock.upper()} to 8 digits and the product, as"
            " 12345678-01.",
            hinders=False,
        )
    if not profile.hts_id:
        yield Problem(
            f"HTS ID of {environment}",
            "No HTS ID is set: KIS tells of fills only when it is asked, not as they happen.",
            "Set KIS_HTS_ID to the ID with which you log in to KIS' HTS or app, or run `kis-mcp setup`.",
            hinders=False,
        )


async def _way_and_keys(environment: Environment, profile: Profile) -> list[Problem]:
    """KIS is asked with the keys only where it can be reached at all."""
    rest, *websocket = await look_at_way(profile)
    problems = [Problem.of(f"network of {environment}", each.trouble) for each in (rest, *websocket) if each.trouble]
    for note in clock_error_notes(rest.clock_error):
        problems.append(
            Problem("clock", note, "Let the system set its clock by the network (NTP), then start servers again.")
        )
    if rest.trouble is None:
        try:
            await check_keys(check_settings(env=environment, switchable_envs=frozenset()), environment)
        except KisMcpError as error:
            problems.append(Problem.of(f"keys of {environment}", error))
    return problems
