"""The names under which the processes of `omnitrack up` join their groups."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from omnitrack.deployment import plan_deployment
from omnitrack.service_specs import DeploymentOptions
from omnitrack.settings_error import SettingsError

APPS = ("sink", "worker-1", "worker-2")


def names(data_dir: Path, kafka: str | None = "127.0.0.1:9092") -> list[str]:
    plan = plan_deployment(DeploymentOptions(data_dir, kafka=kafka, clickhouse_port=0, kafka_port=0, workers=2))
    specs = {spec.name: spec for stage in plan.stages for spec in stage}
    processes = [specs[name].process for name in APPS]
    return [process.env["OMNITRACK_GROUP_INSTANCE"] for process in processes if process is not None]


def test_each_process_has_a_name_of_its_own_that_outlives_it(tmp_path: Path) -> None:
    first = names(tmp_path / "a")
    assert len(set(first)) == len(APPS)
    assert names(tmp_path / "a") == first


def test_a_crash_while_the_name_is_written_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(file: Path, _: str) -> None:
        file.touch()
        raise OSError("killed")

    with monkeypatch.context() as crashing:
        crashing.setattr(Path, "write_text", crash)
        with pytest.raises(OSError, match="killed"):
            names(tmp_path)
    assert not (tmp_path / "instance").exists()
    assert names(tmp_path) == names(tmp_path)


def test_a_name_that_a_crash_of_the_machine_left_empty_is_given_anew(tmp_path: Path) -> None:
    (tmp_path / "instance").touch()
    first = names(tmp_path)
    assert not first[0].startswith("-")
    assert names(tmp_path) == first


def test_two_deployments_on_one_kafka_never_share_a_name(tmp_path: Path) -> None:
    assert not set(names(tmp_path / "a")) & set(names(tmp_path / "b"))


def test_a_given_name_is_the_beginning_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_GROUP_INSTANCE", "host-7")
    assert names(tmp_path) == [f"host-7-{app}" for app in APPS]


def test_on_the_embedded_broker_which_knows_no_static_members_there_are_none(tmp_path: Path) -> None:
    assert names(tmp_path, kafka=None) == [""] * len(APPS)


def test_the_embedded_broker_is_not_taken_for_one_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_KAFKA_SECURITY", "SSL")
    with pytest.raises(SettingsError, match="the embedded broker knows none of this"):
        names(tmp_path, kafka=None)
    assert names(tmp_path)


def test_where_the_embedded_clickhouse_is_left_out_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chdb", None)
    with pytest.raises(SettingsError, match="name a ClickHouse with --clickhouse"):
        names(tmp_path)
    plan_deployment(DeploymentOptions(tmp_path, kafka="127.0.0.1:9092", clickhouse="clickhouse://127.0.0.1/omnitrack"))


def test_wrong_security_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_KAFKA_SECURITY", "SASL_PLAINTEXT")
    with pytest.raises(SettingsError, match="OMNITRACK_KAFKA_USER is missing"):
        names(tmp_path)


def test_each_receiver_of_alerts_has_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"whsec_{'A' * 40}")
    options = DeploymentOptions(
        tmp_path / "data",
        alertmanager="http://127.0.0.1:9093",
        webhook="https://bank.example/alerts",
        webhook_secret_file=tmp_path / "secret",
    )
    plan = plan_deployment(options)
    specs = {spec.name: spec for stage in plan.stages for spec in stage}
    for receiver in ("alertmanager", "webhook"):
        process = specs[f"notify-{receiver}"].process
        assert process is not None
        assert f"omnitrack.notify.{receiver}" in process.command
    assert len(set(plan.pages.values())) == len(plan.pages) == 4


def test_without_receivers_nobody_is_told(tmp_path: Path) -> None:
    plan = plan_deployment(DeploymentOptions(tmp_path))
    assert not [spec.name for stage in plan.stages for spec in stage if spec.name.startswith("notify")]


def test_a_webhook_without_a_secret_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="OMNITRACK_WEBHOOK_SECRET_FILE"):
        plan_deployment(DeploymentOptions(tmp_path, webhook="https://bank.example/alerts"))


@pytest.mark.parametrize(
    ("rules", "kafka", "alerted"),
    [
        pytest.param(True, None, True, id="rules"),
        pytest.param(False, None, False, id="no rules, on a broker that knows nothing of before"),
        pytest.param(False, "127.0.0.1:9092", True, id="no rules, where alerts of former ones may fire"),
    ],
)
def test_alerts_have_a_process_where_there_are_rules_or_may_have_been(
    tmp_path: Path, rules: bool, kafka: str | None, alerted: bool
) -> None:
    catalogue = tmp_path / "rules.yaml"
    catalogue.write_text("alerts: {rules: {lost: {kind: handoff}}}")
    options = DeploymentOptions(
        tmp_path, kafka=kafka, clickhouse_port=0, kafka_port=0, catalogue=catalogue if rules else None
    )
    plan = plan_deployment(options)
    assert ("alerts" in {spec.name for stage in plan.stages for spec in stage}) is alerted


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("", "registry:8081", r"OMNITRACK_SCHEMA_REGISTRY \(or the option in its place\): must be the URL"),
        ("_CA_FILE", "/nowhere", "OMNITRACK_SCHEMA_REGISTRY_CA_FILE=/nowhere: holds no certificate"),
    ],
)
def test_a_schema_registry_that_workers_could_not_use_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv("OMNITRACK_SCHEMA_REGISTRY", "https://registry.bank.example")
    monkeypatch.setenv(f"OMNITRACK_SCHEMA_REGISTRY{name}", value)
    with pytest.raises(SettingsError, match=why):
        plan_deployment(DeploymentOptions(tmp_path))
