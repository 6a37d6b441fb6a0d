"""How stations are wanted to be set up: shown beside what they told, and set right after boots and on demand."""
