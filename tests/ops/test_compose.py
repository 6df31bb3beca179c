"""The team set-up: structure of the compose files, the roles that they start, and the example environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from clipsite.config import env
from clipsite.server import stack

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = ("PASSWORD", "SECRET_KEY", "DATABASE_URL", "REDIS_URL")


class ComposeLoader(yaml.SafeLoader):
    """YAML as docker compose reads it: `!reset` empties what the file before had set."""


ComposeLoader.add_constructor("!reset", lambda _loader, _node: [])


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load((ROOT / name).read_text(encoding="utf-8"), ComposeLoader)  # noqa: S506 (a SafeLoader)
    return content


COMPOSE = load("docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = ("prepare", "web", "worker-cpu", "worker-gpu", "beat")


def test_it_has_every_part_of_the_site() -> None:
    assert set(SERVICES) == {"db", "valkey", "milvus", "proxy", *OWN}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["milvus"]


def test_all_parts_of_ours_are_one_image_with_one_environment() -> None:
    for key in ("image", "build", "env_file", "environment", "volumes"):
        assert len({str(SERVICES[name][key]) for name in OWN}) == 1, key


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_has_a_health_check_or_runs_once(name: str) -> None:
    runs_once = SERVICES[name].get("restart") == "no"
    assert runs_once != ("healthcheck" in SERVICES[name])
    assert runs_once == (name == "prepare")


@pytest.mark.parametrize("name", [name for name in OWN if name != "prepare"])
def test_the_site_starts_after_database_valkey_and_preparation(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "db": {"condition": "service_healthy"},
        "valkey": {"condition": "service_healthy"},
        "prepare": {"condition": "service_completed_successfully"},
    }
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_preparation_waits_for_the_database() -> None:
    assert SERVICES["prepare"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_every_role_of_the_stack_is_a_service_that_starts_it() -> None:
    for role in stack.ROLES:
        assert SERVICES[role]["command"] == ["python", "-m", "clipsite.stack", role]


def test_what_must_survive_lies_in_named_volumes() -> None:
    assert set(COMPOSE["volumes"]) == {"data", "database", "valkey", "milvus"}
    assert "database:/var/lib/postgresql/data" in SERVICES["db"]["volumes"]
    assert "valkey:/data" in SERVICES["valkey"]["volumes"]
    assert "milvus:/var/lib/milvus" in SERVICES["milvus"]["volumes"]
    assert "data:/data" in SERVICES["web"]["volumes"]
    assert SERVICES["web"]["environment"]["CLIPSITE_DATA_DIR"] == "/data"


def test_the_photos_cannot_be_written_to() -> None:
    (photos,) = [volume for volume in SERVICES["web"]["volumes"] if "PHOTOS" in volume]
    assert photos.endswith(":/photos:ro")


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if any(word in variable for word in SECRETS):
                assert "${POSTGRES_PASSWORD:?" in value or "${VALKEY_PASSWORD:?" in value, f"{name}: {variable}"


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    own = SERVICES["proxy"]["environment"]
    assert SERVICES["proxy"]["ports"] == [
        f"${{PUBLISH:-127.0.0.1:8000}}:{own['HTTP_PORT']}",
        f"${{PUBLISH_TLS:-127.0.0.1:8443}}:{own['HTTPS_PORT']}",
    ]


def test_the_proxy_finds_the_files_where_the_site_says_and_cannot_change_them() -> None:
    site, proxy = SERVICES["web"]["environment"], SERVICES["proxy"]
    assert site["CLIPSITE_ACCEL"] == "1"
    assert site["CLIPSITE_PROXIES"].endswith("-1}")
    assert (proxy["environment"]["DATA_DIR"], proxy["environment"]["PHOTOS_DIR"]) == ("/data", "/photos")
    assert all(volume.endswith(":ro") for volume in proxy["volumes"])
    for volume in proxy["volumes"]:
        if volume.startswith("./deploy/"):
            for kind in ("http", "https"):
                assert (ROOT / volume.split(":/")[0].replace("${PROXY:-http}", kind)).is_file(), volume


def test_every_variable_of_the_proxys_files_is_set() -> None:
    files = (ROOT / "deploy" / "nginx").glob("*.template")
    asked_for = {name for file in files for name in re.findall(r"\$\{([A-Z_]+)\}", file.read_text(encoding="utf-8"))}
    assert asked_for == set(SERVICES["proxy"]["environment"])


def test_valkey_demands_its_password_and_never_evicts_a_queue() -> None:
    script = SERVICES["valkey"]["command"][-1]
    for line in ("requirepass %s", "appendonly yes", "maxmemory-policy noeviction"):
        assert line in script
    assert '"$$VALKEY_PASSWORD"' in script


def test_the_gpu_worker_reserves_a_gpu_that_the_override_gives_back() -> None:
    (device,) = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    override = load("docker-compose.cpu.yml")["services"]
    assert list(override) == ["worker-gpu"]
    assert override["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"] == []


def test_every_variable_of_the_compose_file_and_of_the_settings_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    described = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    asked_for = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert asked_for <= described
    assert set(env.DEFAULTS) - described == set()
    assert {name for name in described if name.startswith("CLIPSITE_")} == set(env.DEFAULTS)


def test_the_example_sets_no_secret() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for variable in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD", "CLIPSITE_SECRET_KEY"):
        assert re.search(rf"^{variable}=$", example, re.MULTILINE)


def test_the_image_runs_as_an_ordinary_user_under_an_init() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001" in lines
    assert 'ENTRYPOINT ["tini", "--"]' in lines
    assert lines.index("USER 10001") > max(position for position, line in enumerate(lines) if line.startswith("RUN"))


def test_the_image_holds_everything_that_the_site_reads() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for name in ("manage.py", "clipsite", "search", "workers", "templates", "static", "constraints.txt"):
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", dockerfile, re.MULTILINE), name
        assert f"\n!{name}\n" in allowed, name
