"""The websockets of the embedded KIS: registrations, what happens in the world, and notices of orders."""
