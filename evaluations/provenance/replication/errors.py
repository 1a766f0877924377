"""What is wrong with a replication, said once for the command line and the site."""

from evaluations.errors import AssayError


class ReplicationError(AssayError):
    """Two runs can't be compared, or a replication is not what it claims to be."""

    def __init__(self, detail: str, hint: str = "", code: str = "replication_invalid") -> None:
        super().__init__(code, detail, hint)
