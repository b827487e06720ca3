"""What KIS says to each API, made from the spec table and the market."""
