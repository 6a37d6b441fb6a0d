"""The machinery of actors; it knows no charging."""
