"""Limits on charging over time: what profiles say, what follows from many of them, and what is wrong with one."""
