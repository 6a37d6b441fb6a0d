"""OCPP 2.1: the table of contents; so far the rows of 2.0.1."""

from handlers.v201 import V201

V21 = V201
