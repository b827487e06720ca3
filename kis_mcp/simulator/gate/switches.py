"""How this KIS behaves, by name: how strict it is, and the odd things that people measured at KIS."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One way to behave.

    Attributes:
        says: What it does while it is on.
        on: Whether it is on at first.
    """

    says: str
    on: bool = False


SWITCHES: Mapping[str, Switch] = {
    "strict_elements": Switch("Takes and writes only what KIS' field tables document, not what its examples show."),
    "custtype_required": Switch("Refuses requests without the header custtype."),
    "old_trs_refused": Switch("Refuses TR ids that others have replaced."),
    "inquiry_02_refused": Switch("Refuses INQR_DVSN=02 in the stock balance, as since February 2026.", on=True),
    "demo_blank_day_list": Switch("Demo lists no domestic orders of the day, only their totals."),
    "full_page_without_key": Switch("A last page that is full announces another one, without a key to ask for it."),
    "changed_on_page_2": Switch("A page after the first is refused with SYDB0050."),
    "repeated_page": Switch("A page after the first is the first one again."),
    "rows_three_times": Switch("Each US exchange's balance of foreign stocks lists all US stocks."),
    "fractional_holdings": Switch("Holdings of US stocks have a fraction of a share more."),
    "live_fields_of_june": Switch("Live records have the fields of KIS' sheets of June 2026 and of its sample code."),
    "live_status_as_measured": Switch("H0UNMKO0 ends before EXCH_CLS_CODE, and has (null) for no reason of a halt."),
}
"""Every switch."""


class UnknownSwitch(ValueError):
    """There is no switch of that name."""


class Switches:
    """Which switches are on. They may be set from any thread.

    Args:
        chosen: Those that are not as at first.

    Attributes:
        on: The names of those that are on.

    Raises:
        UnknownSwitch: One of them does not exist.
    """

    def __init__(self, chosen: Mapping[str, bool]) -> None:
        self._on = {name: switch.on for name, switch in SWITCHES.items()}
        self.on = frozenset[str]()
        self.choose(chosen)

    def choose(self, chosen: Mapping[str, bool]) -> None:
        """Turn some on or off, or none of them if one does not exist.

        Raises:
            UnknownSwitch: One of them does not exist.
        """
        for name in chosen:
            if name not in SWITCHES:
                raise UnknownSwitch(f"no switch {name!r}; there are {', '.join(SWITCHES)}")
        self._on |= chosen
        self.on = frozenset(name for name, is_on in self._on.items() if is_on)

    def __getitem__(self, name: str) -> bool:
        return self._on[name]
