"""Charging profiles of stations and sessions, and the schedules that follow from them, over HTTP."""
