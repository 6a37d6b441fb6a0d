"""Facts as they happen, over HTTP."""
