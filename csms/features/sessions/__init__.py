"""The sessions of the network, over HTTP."""
