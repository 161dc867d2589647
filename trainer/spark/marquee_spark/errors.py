"""What ends a job."""


class BadData(Exception):
    """What was wrong with the input, and how to mend it."""
