"""Channels over which nothing comes for now, in words."""

from collections.abc import Mapping

from kis_mcp.catalog import Outage


def interruptions(outages: Mapping[str, Outage | None]) -> list[str]:
    """Notes on the channels over which nothing comes for now.

    Args:
        outages: Of all channels in question, by name.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for name, outage in outages.items():
        if outage:
            names.setdefault((f"{outage.since:%H:%M:%S}", outage.why), []).append(name)
    notes: list[str] = []
    for (since, why), found in names.items():
        of = "" if len(found) == len(outages) else f" of {', '.join(found)}"
        notes.append(f"Nothing{of} has been received since {since} KST. {why}")
    return notes
