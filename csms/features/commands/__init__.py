"""Commands to stations, over HTTP."""
