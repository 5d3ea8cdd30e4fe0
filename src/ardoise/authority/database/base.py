"""Django's SQLite backend on the sqlcipher3 driver. (Django prescribes this module's name.)"""

import datetime
import decimal
from typing import Any

from django.db.backends.sqlite3 import base as sqlite
from django.db.backends.sqlite3._functions import register as register_functions
from django.db.backends.sqlite3.creation import DatabaseCreation as SqliteCreation
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as SqliteSchemaEditor
from django.db.models import Model
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as Database  # noqa: N812

# The same conversions that Django registers with the standard library's driver.
Database.register_converter("bool", b"1".__eq__)
Database.register_converter("date", sqlite.decoder(parse_date))
Database.register_converter("time", sqlite.decoder(parse_time))
Database.register_converter("datetime", sqlite.decoder(parse_datetime))
Database.register_converter("timestamp", sqlite.decoder(parse_datetime))
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(datetime.date, sqlite.adapt_date)
Database.register_adapter(datetime.datetime, sqlite.adapt_datetime)


class CipherCursor(Database.Cursor):  # type: ignore[misc]
    """Django's `%s` placeholders for SQLite's `?`."""

    convert_query = sqlite.SQLiteCursorWrapper.convert_query

    def execute(self, query: str, params: Any = None) -> Any:
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, dict) else None
        return super().execute(self.convert_query(query, param_names=names), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        return super().executemany(self.convert_query(query, param_names=None), param_list)


class CipherCreation(SqliteCreation):
    """A test database is a file beside the real one, encrypted like it."""

    @staticmethod
    def is_in_memory_db(database_name: Any) -> bool:
        return False


class CipherSchemaEditor(SqliteSchemaEditor):
    """Rows of random identifiers stand in their order, not in that of their coming.

    SQLite numbers the rows of any other table as they are written: the pupil and the seat that
    came last would be told by it.
    """

    def table_sql(self, model: type[Model]) -> tuple[str, list[Any]]:
        sql, params = super().table_sql(model)
        return (sql if model._meta.auto_field else f"{sql} WITHOUT ROWID"), params


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """Opens every connection with the raw key, before anything else is said."""

    Database = Database
    creation_class = CipherCreation
    SchemaEditorClass = CipherSchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self._key: bytes = params.pop("key")
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        init_command = conn_params.pop("init_command", "")
        connection = Database.connect(**conn_params)
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        # Rows that were deleted must not linger in free pages or on a temporary file.
        for pragma in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA secure_delete = ON",
            "PRAGMA foreign_keys = ON",
            "PRAGMA legacy_alter_table = OFF",
        ):
            connection.execute(pragma)
        for command in filter(None, (part.strip() for part in init_command.split(";"))):
            connection.execute(command)
        register_functions(connection)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=CipherCursor)
