"""Orders, matching and accounts."""
