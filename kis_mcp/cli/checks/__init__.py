"""What `kis-mcp doctor` looks at: the machine, the commands and hosts that start the server, keys, the way to KIS."""
