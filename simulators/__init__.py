"""Charging stations that behave, and that misbehave on purpose."""
