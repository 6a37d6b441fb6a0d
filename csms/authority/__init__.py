"""Who signs certificates of stations: an authority of our own, or one behind HTTP."""
