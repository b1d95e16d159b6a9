"""One clear error for bad input."""


class InputError(ValueError):
    """Input that is not allowed: says where, what was found and what is allowed.

    source: file or request part, such as ``course.yaml``.
    field: path inside it, such as ``doses[3].dose``.
    value: what was found there (``None`` for nothing).
    allowed: what would be right, in words.
    """

    def __init__(self, source: str, field: str, value: object, allowed: str) -> None:
        self.source = source
        self.field = field
        self.value = value
        self.allowed = allowed
        shown = (
            "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
        )
        place = ": ".join(part for part in (source, field) if part)
        super().__init__(f"{place}: {shown} is not allowed ({allowed})")
