"""The rules of doing something to many stations."""
