"""OCPP messages to domain commands and back, a package for each version of the protocol."""
