"""Where the sockets of charging stations end."""
