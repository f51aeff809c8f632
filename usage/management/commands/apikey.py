from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel.errors import DomainError
from usage.models import ApiKey
from usage.queries.keys import all_keys
from usage.services import keys


class Command(BaseCommand):
    """Make, list and revoke the API keys of products."""

    help = "Make, list and revoke the API keys of products. `create` prints the key alone, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key and print it, once")
        create.add_argument("--product", required=True, metavar="CODE")
        create.add_argument("--scopes", required=True, help="one or more of debit,events,read,provision")
        create.add_argument("--name", default="", help="what people call the key")
        verbs.add_parser("list", help="show the keys there are, never their secrets")
        revoke = verbs.add_parser("revoke", help="let a key open nothing any more")
        revoke.add_argument("prefix", help="the key's first part, as `list` shows it")

    def handle(self, *args: Any, **asked: Any) -> None:
        try:
            getattr(self, f"_{asked['verb']}")(asked)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None

    def _create(self, asked: dict[str, Any]) -> None:
        scopes = [word.strip() for word in asked["scopes"].split(",") if word.strip()]
        issued = keys.create(product_code=asked["product"], scopes=scopes, name=asked["name"])
        self.stdout.write(issued.text)

    def _list(self, asked: dict[str, Any]) -> None:
        for key in all_keys():
            self.stdout.write(_line(key))

    def _revoke(self, asked: dict[str, Any]) -> None:
        key = keys.revoke(prefix=asked["prefix"])
        self.stdout.write(f"The key {key.prefix} is revoked.")


def _line(key: ApiKey) -> str:
    state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "valid"
    made = f"{key.created_at:%Y-%m-%d %H:%M}"
    return f"{key.prefix}  {key.product.code}  {','.join(key.scopes)}  {made}  {state}  {key.name}".rstrip()
