"""What the house asks of the outside, and of itself."""
