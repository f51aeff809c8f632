"""The pages of the documentation, as tests read them: links, fenced blocks, tables, calls of the API."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

from config.tests import sources

FENCED = re.compile(r"^(?P<tag>`{3})(?P<kind>\w*)\n(?P<text>.*?)^`{3}$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
# Pages whose shell blocks are run as they stand, against a product of their own; the latter need a worker as well.
RUN_BY_A_SERVER = (
    "README.md",
    "docs/tutorial/first-debit.md",
    "docs/how-to/charge-usage.md",
    "docs/how-to/integrate-a-product.md",
    "docs/how-to/provision-accounts.md",
    "docs/how-to/sell-seats.md",
    "docs/how-to/sell-plans-and-packs.md",
    "docs/how-to/top-up-automatically.md",
)
RUN_BESIDE_A_WORKER = ("docs/how-to/report-usage.md", "docs/how-to/connect-another-system.md")
RUN = (*RUN_BY_A_SERVER, *RUN_BESIDE_A_WORKER)
# Lines that begin the product or a long run: a person types them, a test has what they make already.
NOT_RUN = ("git clone", "cd ", "make ", "PORT=", "DATABASE_URL=")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    kind: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.kind == "sh" and not self.text.startswith(NOT_RUN)


@dataclass(frozen=True)
class Call:
    """A curl command of a page. path: without the query. body: what is sent, None where nothing is.

    shown: the block below it.
    """

    method: str
    path: str
    query: str
    headers: tuple[str, ...]
    body: str | None
    shown: str


def all_pages() -> list[Path]:
    root = sources.root()
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(sources.root()))


def page(name: str) -> Path:
    return sources.root() / name


def prose(path: Path) -> str:
    """The page without its fenced blocks."""
    return FENCED.sub("", path.read_text())


def links(path: Path) -> list[str]:
    return [found["target"] for found in LINK.finditer(prose(path))]


def blocks(path: Path) -> list[Block]:
    return [Block(found["kind"], found["text"]) for found in FENCED.finditer(path.read_text())]


def anchors(path: Path) -> set[str]:
    """What a link into the page may name: its headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table_under(path: Path, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, cell by cell, its head left out."""
    _, _, after = path.read_text().partition(f"\n{heading}\n")
    assert after, f"{name_of(path)} has no heading {heading!r}"
    table = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert table, f"{name_of(path)} has no table under {heading!r}"
    rows = [[cell.strip() for cell in line[1:-1].split(" |")] for line in table.group().splitlines()]
    return rows[2:]


def codes(cell: str) -> list[str]:
    """What stands in code font in a cell."""
    return CODE.findall(cell)


def calls(path: Path) -> list[Call]:
    """The calls of the API that the page's shell blocks make."""
    found, all_blocks = [], blocks(path)
    for block, below in zip_longest(all_blocks, all_blocks[1:], fillvalue=Block("", "")):
        if block.kind == "sh":
            text = block.text.replace("\\\n", " ")
            for start in re.finditer(r"\bcurl ", text):
                words = _first_command(text[start.start() :])
                found.append(_call(words, below.text))
    return found


def _first_command(text: str) -> list[str]:
    """The words of the command that `text` begins with: up to a line's end, a bar or a bracket outside of quotes."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="()|;&\n")
    lexer.whitespace, lexer.commenters = " \t", ""
    lexer.whitespace_split = True  # an address is one word, its colon and its dollar too
    words: list[str] = []
    for word in lexer:
        if word[0] in "()|;&\n":
            break
        words.append(word)
    return words


def _call(words: list[str], shown: str) -> Call:
    method, body, headers, address = "", None, [], ""
    left = iter(words[1:])
    for word in left:
        if word == "-X":
            method = next(left)
        elif word == "-d":
            body = next(left)
        elif word == "-H":
            headers.append(next(left))
        elif not word.startswith("-"):
            address = word
    parts = urlsplit(address)
    return Call(method or ("POST" if body else "GET"), parts.path, parts.query, tuple(headers), body, shown)
