"""Firmware that operators keep for stations, over HTTP."""
