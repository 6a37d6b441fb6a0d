"""The rules of one charging session."""
