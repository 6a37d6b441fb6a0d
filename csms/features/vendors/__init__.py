"""What is known of makes of stations, and how each station is treated for it."""
