"""What other programs install the server from: the registry's server.json, and a bundle for desktop hosts (MCPB)."""
