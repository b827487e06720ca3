"""What a shell proposes for the name of a strategy that is half typed, with what it is."""


def document_names(incomplete: str) -> list[tuple[str, str]]:
    """All that stands for a document. Where none begins so, the shell proposes files."""
    return _names(incomplete, ("running", "paused", "saved", "preset"))


def saved_names(incomplete: str) -> list[tuple[str, str]]:
    return _names(incomplete, ("running", "paused", "saved"))


def active_names(incomplete: str) -> list[tuple[str, str]]:
    return _names(incomplete, ("running", "paused"))


def _names(incomplete: str, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """None where they cannot be read: a half typed line has no place for an error."""
    import anyio

    from kis_mcp.errors import KisMcpError
    from kis_mcp.wiring import load_settings, read_strategy_names

    try:
        names = anyio.run(read_strategy_names, load_settings())
    except KisMcpError:
        return []
    return [(name, kind) for name, kind in names.items() if kind in kinds and name.startswith(incomplete)]
