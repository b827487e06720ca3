"""Lists of tools and resources, which have one page."""

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from kis_mcp.settings.settings import Settings
from tests.client import connected


@pytest.mark.parametrize("what", ["list_tools", "list_resources", "list_resource_templates"])
async def test_a_cursor_that_was_never_given_out_is_refused(what: str) -> None:
    async with connected(Settings.load()) as client:
        assert getattr(await getattr(client, what)(), "next_cursor", None) is None
        with pytest.raises(MCPError) as refusal:
            await getattr(client, what)(cursor="page-2")
    assert refusal.value.code == INVALID_PARAMS
    assert "page-2" in refusal.value.message
