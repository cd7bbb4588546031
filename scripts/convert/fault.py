"""What went wrong, in the words that the user reads."""


class Fault(Exception):
    """`kind` is unreadable (the source), unsupported (what it holds), mismatch (the result) or unwritable."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind
