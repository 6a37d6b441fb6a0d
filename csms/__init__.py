"""The central system: sockets of charging stations below, REST for operators above."""

__version__ = "0.1.0"
