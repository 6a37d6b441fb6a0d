"""The messages of every version as types, generated from the official schemas by `make wire`."""
