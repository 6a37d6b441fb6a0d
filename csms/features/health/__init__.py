"""Whether the program is well, over HTTP."""
