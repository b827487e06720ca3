"""The embedded KIS, as seen from a socket. It shares nothing with the client, so that a shared mistake cannot hide."""
