"""The rules of one charging station."""
