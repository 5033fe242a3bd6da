"""Views are made when they are missing or their text has changed, dropped when their file is gone, and documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseRefused
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.views import BrokenView, Renewal, View, load_views, plan_renewal, read_renewal, renew

OLD = View("a", "0001_a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1")
NEW = View("a", "0001_a.sql", "CREATE OR REPLACE VIEW a AS SELECT 2")


def test_a_view_is_made_where_it_is_missing_or_has_changed_and_only_there() -> None:
    made = {OLD.name: OLD.checksum}
    assert plan_renewal((OLD,), made, {"a"}).statements == ()
    assert plan_renewal((NEW,), made, {"a"}).made == (NEW,)
    assert plan_renewal((OLD,), made, set()).made == (OLD,)
    assert plan_renewal((OLD,), {}, {"a"}).made == (OLD,)


def test_a_view_whose_file_is_gone_is_dropped_and_none_that_is_not_ours() -> None:
    assert plan_renewal((), {OLD.name: OLD.checksum}, {"a", "of_someone_else"}) == Renewal((), ("a",))


def test_fragments_are_filled_in_and_may_hold_others(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "outer.sql").write_text("f({{ inner }})\n")
    (tmp_path / "common" / "inner.sql").write_text("1\n")
    (tmp_path / "0001_a.sql").write_text("CREATE OR REPLACE VIEW a AS SELECT {{ outer }} FROM {{ database }}.t\n")
    assert load_views("bank", tmp_path)[0].statement == "CREATE OR REPLACE VIEW a AS SELECT f(1) FROM bank.t"


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1", "NNNN_<view>.sql"),
        ("0001_a.sql", "CREATE OR REPLACE VIEW b AS SELECT 1", "must begin with CREATE OR REPLACE VIEW a AS"),
        ("0001_a.sql", "CREATE OR REPLACE VIEW a AS SELECT {{ nothing }}", "there is no views/common/nothing.sql"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, file: str, text: str, problem: str) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(BrokenView, match=rf"views/{file}: .*{problem}"):
        load_views("bank", tmp_path)


def test_a_dropped_view_comes_back_and_a_stale_one_goes(clickhouse: ClickHouseSettings) -> None:
    stale = View("metric_of_old", "0099_metric_of_old.sql", "CREATE OR REPLACE VIEW metric_of_old AS SELECT 1")
    with connected(clickhouse) as client:
        renew(client, Renewal((stale,), ()), clickhouse)
        client.execute("DROP VIEW metric_handoff_success")
    done = migrate(clickhouse).views
    assert [view.name for view in done.made] == ["metric_handoff_success"]
    assert done.dropped == ("metric_of_old",)
    with connected(clickhouse) as client:
        assert read_renewal(client, clickhouse.storage).statements == ()


def test_a_statement_that_is_refused_names_its_view(clickhouse: ClickHouseSettings) -> None:
    broken = View("broken", "0099_broken.sql", "CREATE OR REPLACE VIEW broken AS SELECT no_such_column FROM journeys")
    with connected(clickhouse) as client, pytest.raises(ClickHouseRefused, match=r"view broken: .*no_such_column"):
        renew(client, Renewal((broken,), ()), clickhouse)
