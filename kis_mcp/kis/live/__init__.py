"""KIS' websocket: one session for an app key."""
