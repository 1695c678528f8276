"""Errors that a user can mend."""


class Unusable(ValueError):
    """Input that cannot be used: what is wrong, where, and how to mend it, in one line.

    Parameters
    ----------
    what : str
        What is wrong, for example ``"the file does not exist"``.
    where : str
        The file, line, object or option it was found in.
    mend : str
        What the user can do about it.
    """

    def __init__(self, what: str, where: str, mend: str) -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(f"{where}: {what}; {mend}".replace("\n", " "))

    def __reduce__(self) -> tuple[type["Unusable"], tuple[str, str, str]]:
        return (Unusable, (self.what, self.where, self.mend))  # crosses process borders whole
