"""What is wrong with a table or a plan, in words that name the column and the row."""


class DisclosureFault(ValueError):
    """Input that cannot be protected as it is. The message says where and what to do."""

    def __init__(self, message: str, *, column: str | None = None, row: int | None = None) -> None:
        """`row` counts from 1, the header not counted."""
        place = ", ".join(
            piece
            for piece in (
                f"column {column}" if column is not None else "",
                f"row {row}" if row is not None else "",
            )
            if piece
        )
        super().__init__(f"{place}: {message}" if place else message)
        self.column = column
        self.row = row


class CannotProtect(DisclosureFault):
    """No way of hiding keeps the promise: what is already published gives the cell away."""
