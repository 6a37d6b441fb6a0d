"""Words that know nothing of charging."""
