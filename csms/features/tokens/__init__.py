"""The tokens of the network, over HTTP."""
