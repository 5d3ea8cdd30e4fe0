"""Which store a delivery runs on: the encrypted file, or PostgreSQL where a URL is given."""

from contextlib import AbstractContextManager, nullcontext

from ardoise.delivery.config import Keys, Settings, only_server
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.store import Store


async def open_store(settings: Settings, keys: Keys, metrics: Metrics) -> Store:
    """Open the store. Raises SchemaFault, ConfigFault."""
    if settings.postgres is None:
        from ardoise.delivery.sqlite_store import SqliteStore

        return SqliteStore(settings.database, keys.database, metrics.committed)
    from ardoise.delivery.postgres_store import open_postgres

    return await open_postgres(settings.postgres, settings.routes, metrics.committed)


def alone_on(settings: Settings) -> AbstractContextManager[None]:
    """The encrypted file has one server; PostgreSQL any number. Raises ConfigFault."""
    return only_server(settings.directory) if settings.postgres is None else nullcontext()
