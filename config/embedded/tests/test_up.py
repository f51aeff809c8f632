"""The order in which everything starts."""

from pathlib import Path

import pytest

from config.embedded.supervisor import Part, Supervisor
from config.embedded.up import Door, House


class Listed(Supervisor):
    """Writes down what it is asked to start."""

    def __init__(self, data_dir: Path, happened: list[str]) -> None:
        super().__init__(data_dir, print)
        self.happened = happened

    def start(self, part: Part) -> None:
        self.happened.append(f"{part.name} begins")


class TestHouse:
    def test_lets_the_web_begin_alone_and_the_jobs_once_it_answers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        happened: list[str] = []
        monkeypatch.setattr(House, "_wait_for_the_web", lambda _house: happened.append("the web answers"))

        House(tmp_path, Door("127.0.0.1", 8000), Listed(tmp_path, happened))._begin_programs({})

        assert happened == ["web begins", "the web answers", "worker begins", "courier begins"]
