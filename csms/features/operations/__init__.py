"""Something done to many stations: commands in bulk, and campaigns that go in waves."""
