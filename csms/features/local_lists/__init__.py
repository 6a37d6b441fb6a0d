"""Local authorization lists, over HTTP."""
