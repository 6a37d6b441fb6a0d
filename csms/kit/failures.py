"""Why the program cannot start, in a sentence for its operator."""


class StartFailed(Exception):
    """Names the setting to look at; its text is all that the operator needs to see."""
