"""OCPP-J without a socket and without a clock: texts in, events out; time is an argument."""
