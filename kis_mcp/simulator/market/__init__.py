"""A seeded market: every price is a function of the seed, the instrument and the time."""
