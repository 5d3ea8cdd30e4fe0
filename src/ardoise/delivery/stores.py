"""Which store a delivery runs on: the encrypted file, or PostgreSQL where a DSN is given."""

from ardoise.delivery.config import Keys, Settings
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Store


async def open_store(settings: Settings, keys: Keys, metrics: Metrics) -> Store:
    """Open the store. Raises SchemaFault, ConfigFault."""
    return SqliteStore(settings.database, keys.database, metrics.committed)
