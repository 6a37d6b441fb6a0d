"""Files that stations brought, over HTTP."""
