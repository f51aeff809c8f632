"""Rows that SQL functions move and nobody saves."""

from typing import Any, NoReturn

from django.db import models


class MovedBySql(models.Model):
    """A row that only the SQL verbs write; `save()` and `delete()` are a caller's bug."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} rows are moved by SQL functions, never saved.")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} rows are moved by SQL functions, never deleted.")
