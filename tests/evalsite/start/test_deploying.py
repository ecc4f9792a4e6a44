"""What deploy/ and compose.yaml start, with what, and how long they let it end: each of it is what this code knows."""

import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from celery.bin.worker import worker as celery_worker
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import resolve
from gunicorn.config import Config

pytestmark = pytest.mark.once  # files and options of commands, and no database

ROOT = Path(__file__).parents[3]
COMPOSE = [ROOT / "compose.yaml", *sorted(ROOT.glob("deploy/compose/*.yaml"))]
UNITS = sorted(path for path in ROOT.glob("deploy/systemd/*") if path.suffix in (".service", ".target"))
MANIFESTS = sorted(ROOT.glob("deploy/kubernetes/*.yaml"))
KUBERNETES = kubernetes_validate.latest_version()
# Read by Python, gunicorn and boto3, and by who reads the settings otherwise.
READ_ELSEWHERE = {
    "PYTHONUNBUFFERED", "WEB_CONCURRENCY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
}  # fmt: skip
GUNICORN_ENDS_IN = 30


def yaml_of(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def own_services(path):
    """Services of a compose file that run this code."""
    (whole,) = yaml_of(path)
    return {name: service for name, service in whole["services"].items() if "build" in service}


def objects(*kinds):
    return [item for path in MANIFESTS for item in yaml_of(path) if item["kind"] in kinds]


def own_pods():
    """Pods of manifests that run this code, by name."""
    pods = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in objects("Deployment", "Job")}
    return {name: pod for name, pod in pods.items() if all(c["image"] == "punchweight" for c in pod["containers"])}


def unit(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(line.partition("=")[::2]) for line in lines if "=" in line]


def commands():
    """Each command that is started, as words, with where it stands."""
    for path in COMPOSE:
        for name, service in own_services(path).items():
            for line in str(service.get("command", "")).removeprefix('sh -c "').removesuffix('"').split(" && "):
                yield f"{path.name} {name}", shlex.split(line)
    for path in UNITS:
        for name, value in unit(path):
            if name == "ExecStart":
                yield path.name, [word.replace("%%", "%") for word in shlex.split(value)]
    for name, pod in own_pods().items():
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            yield f"kubernetes {name}", container.get("command", [])
    image = re.search(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    yield "Dockerfile", yaml.safe_load(image)


def worker_options():
    return {option for parameter in celery_worker.params for option in (*parameter.opts, *parameter.secondary_opts)}


def check_worker(words, where):
    assert words[:5] == ["celery", "--skip-checks", "-A", "evalsite", "worker"], where
    given = dict(pairwise(words))
    assert {word for word in words[5:] if word.startswith("-")} <= worker_options(), where
    queues = set(given["-Q"].split(","))
    assert given["--pool"] == "solo", where
    # Two workers of one name would be one to RabbitMQ; %h is the machine's name, %i a unit's instance.
    assert re.fullmatch(rf"{given['-Q'].split(',')[0]}-(\d+|%i)@%h", given["-n"]), where
    return queues


def check_manage(words, where):
    name, *options = words[words.index("manage.py") + 1 :]
    command = get_commands()[name]
    command = load_command_class(command, name) if isinstance(command, str) else command
    command.create_parser("manage.py", name).parse_args(options)
    return set()


def test_every_command_is_one_that_there_is_and_every_queue_has_a_worker():
    served = {}
    for where, words in commands():
        if not words:
            continue
        words = [words[0].removeprefix("/opt/punchweight/.venv/bin/"), *words[1:]]
        if words[0] == "gunicorn":
            parsed = Config().parser().parse_args(words[1:])
            assert (parsed.args, parsed.worker_class) == (["evalsite.wsgi"], None), where
        else:
            check = check_worker if words[0] == "celery" else check_manage
            served.setdefault(where.split()[0].split("-")[0], set()).update(check(words, where))
    queues = {"default", *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
    assert {kind for kind, found in served.items() if found == queues} == {
        "compose.yaml", "workers.yaml", "punchweight", "kubernetes",
    }  # fmt: skip


def environments():
    for path in COMPOSE:
        for name, service in own_services(path).items():
            yield f"{path.name} {name}", service["environment"]
    for path in UNITS:
        values = [word for name, value in unit(path) if name == "Environment" for word in value.split()]
        yield path.name, dict(word.split("=", 1) for word in values)
    example = (ROOT / "deploy/systemd/environment.example").read_text()
    yield "environment.example", dict(re.findall(r"^#?([A-Z_0-9]+)=(.*)$", example, re.MULTILINE))
    for item in objects("ConfigMap", "Secret"):
        yield item["kind"], item.get("data") or item["stringData"]


def test_every_variable_is_one_that_is_read():
    settings = "\n".join(path.read_text() for path in (ROOT / "evalsite/settings").glob("*.py"))
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_0-9]+)\"", settings))
    wrong = [
        f"{where}: {name}" for where, given in environments() for name in given if name not in read | READ_ELSEWHERE
    ]
    assert wrong == []
    needed = {"SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "SITE_URL"}
    for where, given in environments():
        if "compose.yaml" in where or where in ("environment.example", "workers.yaml generation"):
            assert needed <= given.keys(), where
    assert needed <= {name for where, given in environments() if where in ("ConfigMap", "Secret") for name in given}


def test_nginx_and_the_units_mean_the_same_site():
    given = dict(environments())
    nginx = (ROOT / "deploy/nginx.conf").read_text()
    site = urlsplit(given["environment.example"]["SITE_URL"])
    assert f"server_name {site.hostname};" in nginx
    assert f"location {site.path}/ {{" in nginx
    web = dict(unit(ROOT / "deploy/systemd/punchweight-web.service"))["ExecStart"].split()
    assert f"server {web[web.index('--bind') + 1]};" in nginx
    assert f"alias {given['punchweight-web.service']['DATA_DIR']}/static/;" in nginx


def seconds(text):
    return int(str(text).removesuffix("s"))


def test_everything_gets_longer_to_end_than_it_needs():
    needs = {"web": GUNICORN_ENDS_IN, "site": GUNICORN_ENDS_IN} | dict.fromkeys(
        ("generation", "metrics", "generation-gpu"), settings.DRAIN_SECONDS
    )
    for path in COMPOSE:
        for name, service in own_services(path).items():
            assert name == "prepare" or seconds(service["stop_grace_period"]) > needs[name] + 5, name
    for path in UNITS:
        values = dict(unit(path))
        if values.get("Restart"):
            assert seconds(values["TimeoutStopSec"]) > max(needs.values()) + 5, path
    for name, pod in own_pods().items():
        pause = pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [0, 0])[1]
        assert name == "migrate" or pod["terminationGracePeriodSeconds"] - int(pause) > needs[name] + 5, name
    assert Config().graceful_timeout == GUNICORN_ENDS_IN


def test_probes_ask_the_site_in_a_way_that_it_answers(client):
    (configuration,) = objects("ConfigMap")
    (container,) = own_pods()["web"]["containers"]
    asked = [container[probe]["httpGet"] for probe in ("readinessProbe", "livenessProbe", "startupProbe")]
    assert [resolve(probe["path"]).view_name for probe in asked] == ["readyz", "healthz", "healthz"]
    for probe in asked:
        ((header),) = probe["httpHeaders"]
        assert header["name"] == "Host"
        assert header["value"] in configuration["data"]["ALLOWED_HOSTS"].split(",")
        assert probe["port"] == container["ports"][0]["name"]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_what_kubernetes_takes(path):
    for item in yaml_of(path):
        if item["kind"] != "Kustomization":
            kubernetes_validate.validate(item, KUBERNETES, strict=True)


def test_manifests_name_only_what_is_there():
    (kustomization,) = objects("Kustomization")
    applied = set(kustomization["resources"])
    assert applied | {"kustomization.yaml"} == {p.name for p in MANIFESTS if not p.name.endswith(".example.yaml")}
    names = {(item["kind"], item["metadata"].get("name")) for item in objects("ConfigMap", "Secret")}
    for pod in own_pods().values():
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            for source in container["envFrom"]:
                ((kind, target),) = source.items()
                assert ({"configMapRef": "ConfigMap", "secretRef": "Secret"}[kind], target["name"]) in names
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in objects("Deployment")]
    for service in objects("Service"):
        assert service["spec"]["selector"] in labels, service["metadata"]["name"]
    for item in objects("Deployment"):
        assert item["spec"]["selector"]["matchLabels"] == item["spec"]["template"]["metadata"]["labels"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path):
    for path in UNITS:
        text = path.read_text().replace("/opt/punchweight", str(ROOT))
        (tmp_path / path.name.replace("@.", "@1.")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
