"""What is known of makes of stations, as data."""
