"""Real servers out of installed wheels, in a folder of the project: no root, no container."""
