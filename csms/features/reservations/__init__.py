"""Reservations, over HTTP."""
