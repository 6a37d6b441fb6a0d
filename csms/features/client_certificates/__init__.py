"""Certificates by which stations come in: when they end, and who asks for another in time."""
