"""What stations were sent for, over HTTP."""
