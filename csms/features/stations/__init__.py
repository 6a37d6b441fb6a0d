"""The stations of the network, over HTTP."""
