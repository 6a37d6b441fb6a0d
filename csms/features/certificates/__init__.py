"""The certificates that stations have, over HTTP."""
