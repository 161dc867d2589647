"""What the job says and ends with."""


class BadData(Exception):
    """What was wrong with the input, and how to mend it."""
