"""What is still to run follows from the files and from what has run; contradictions are refused in clear words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sinks.clickhouse.migrate import Applied, Migration, MigrationConflict, load_migrations, pending

THEN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FIRST = Migration("0001_a.sql", "aa", ("SELECT 1",))
SECOND = Migration("0002_b.sql", "bb", ("SELECT 2",))
THIRD = Migration("0003_c.sql", "cc", ("SELECT 3",))


def ran(*migrations: Migration) -> dict[str, Applied]:
    return {migration.name: Applied(migration.checksum, THEN) for migration in migrations}


def test_what_has_run_does_not_run_again() -> None:
    assert pending([FIRST, SECOND, THIRD], ran(FIRST)) == (SECOND, THIRD)
    assert pending([FIRST, SECOND], ran(FIRST, SECOND)) == ()


def test_a_changed_file_is_refused() -> None:
    changed = Migration(FIRST.name, "other", FIRST.statements)
    with pytest.raises(MigrationConflict, match=r"0001_a\.sql ran at 2026-11-24 09:30:00 UTC but .*changed.*new mig"):
        pending([changed, SECOND], ran(FIRST))


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(MigrationConflict, match=r"0002_b\.sql ran .* file is missing"):
        pending([FIRST], ran(FIRST, SECOND))


def test_a_migration_slipped_in_before_one_that_ran_is_refused() -> None:
    with pytest.raises(MigrationConflict, match=r"0002_b\.sql is new but 0003_c\.sql ran already"):
        pending([FIRST, SECOND, THIRD], ran(FIRST, THIRD))


def test_files_are_read_in_order_with_the_checksum_of_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "0002_b.sql").write_text("SELECT 2; SELECT 3;")
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT 1")
    first, second = load_migrations(tmp_path)
    assert first.name == "0001_a.sql"
    assert first.checksum == "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5"
    assert second.statements == ("SELECT 2", "SELECT 3")


@pytest.mark.parametrize("name", ["1_a.sql", "0001-a.sql", "0001_A.sql"])
def test_a_misnamed_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(MigrationConflict, match="NNNN_name"):
        load_migrations(tmp_path)


def test_a_number_used_twice_is_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql"):
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(MigrationConflict, match=r"number 0001 is taken by 0001_a\.sql"):
        load_migrations(tmp_path)
