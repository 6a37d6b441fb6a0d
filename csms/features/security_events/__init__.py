"""What stations told of their security, over HTTP."""
