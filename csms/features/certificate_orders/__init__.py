"""Certificates that stations asked for: signed, brought to them, and listed."""
