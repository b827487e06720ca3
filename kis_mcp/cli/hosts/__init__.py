"""MCP hosts: where each keeps its configuration, and how an entry gets in and out of it without touching the rest."""
