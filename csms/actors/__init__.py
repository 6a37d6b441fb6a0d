"""One actor a station, one a session."""
