"""The one error that people see: as problem+json, as a page, or as a line in a terminal."""


class AssayError(Exception):
    """Something a person can be told: a stable code, what happened, and what to do.

    Attributes:
        code: stable name, such as `unsafe_weights`.
        detail: one plain sentence about this case.
        hint: what to do about it; may be empty.
    """

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return self.detail
