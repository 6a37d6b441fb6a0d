"""Postgres: where facts become durable and are read again."""
