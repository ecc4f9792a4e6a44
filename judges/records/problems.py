"""What is wrong with a judge."""


class JudgeFileError(ValueError):
    """A file or form of judges is wrong; the message names the judge and the field. Nothing was added."""


class UnknownJudgeError(LookupError):
    """There is no judge of this name."""
