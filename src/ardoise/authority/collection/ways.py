"""What a seat was given of the booklets of one part. No models: worker processes use it too."""

from collections.abc import Mapping

from ardoise.content.route import Administered, administered, gives_all, needs_seed
from ardoise.contract.booklet import Booklet
from ardoise.contract.sheet import Sheet
from ardoise.scoring.values import parse_response
from ardoise.seal.derive import SeatKeys


class Ways:
    """The booklets of one part, form by form, in which not every seat is given everything."""

    def __init__(self, part: str, booklets: Mapping[int, Booklet]) -> None:
        self._part = part
        self.booklets = {
            form: booklet
            for form, booklet in booklets.items()
            if booklet.plan is not None and not gives_all(booklet.plan)
        }
        self.seeded = frozenset(
            form
            for form, booklet in self.booklets.items()
            if booklet.plan is not None and needs_seed(booklet.plan)
        )
        """Forms of which a seat's items hang on its seed, and so on its keys."""

    def way(self, sheet: Sheet, form: int, keys: SeatKeys | None) -> Administered | None:
        """What a seat of this form was given, None if all. `keys`: where the form is seeded."""
        booklet = self.booklets.get(form)
        if booklet is None:
            return None
        seed = bytes(32)
        if form in self.seeded and keys is not None:
            seed = keys.shuffle_seed(self._part)
        return administered(booklet, seed, sheet, capture=parse_response)
