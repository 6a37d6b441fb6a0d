"""The HTTP toolkit that every feature stands on."""
