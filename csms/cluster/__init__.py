"""Redis: who owns a station, how to ask its owner, how facts go out."""
