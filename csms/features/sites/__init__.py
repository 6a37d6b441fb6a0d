"""The places where stations stand, over HTTP."""
