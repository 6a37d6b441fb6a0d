"""Measurements side by side: this server, a bare responder, and the `ocpp` package's own loop."""
