"""Makes the archive of a small installation of the release that is checked out, for the tests of later releases.

    python -m tests.ops.make_release_data tests/data

The archive holds the data folder, the folders of pictures, and what this release answered about them. Everything is
asked for by commands, pages and the API, or by names of models, so that this file serves the next release as it is.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.e2e.site import ROOT, Site, running_site
from tests.ops.release_pictures import change_pictures, draw_pictures
from tests.ops.visitor import Visitor

PASSWORD = "a password of test data"
SEARCHES = (
    "/search?dataset=shapes&q=a+red+circle&k=20",
    "/search?dataset=shapes&q=stripes+-+red&k=20",
    "/search?dataset=shapes&q=a+black+square&tag=favourite&k=20",
    "/search?dataset=drafts&q=green&k=20",
    "/images/1/similar?k=20",
)
ANSWERS = (
    "/datasets",
    "/datasets/shapes/images",
    "/datasets/shapes/failures",
    "/datasets/shapes/duplicates?kind=exact",
    "/datasets/shapes/duplicates?kind=near",
    "/datasets/shapes/tags",
    "/datasets/shapes/projections",
    "/images/1",
    "/collections",
    "/collections/1",
    "/collections/1/images",
    "/saved-searches",
    "/runs/1",
    "/runs/2",
)
_LEFT_OUT = {"clipsite.sqlite3", "logs", "models", "numba", "static", "static.stamp", "up.lock", "valkey"}
"""Entries of the data folder that a site makes again, and the database, which is copied by itself."""

_ACCOUNTS = f"""
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
for name in ("anna", "ben"):
    user = User.objects.create_user(name, f"{{name}}@example.org", {PASSWORD!r})
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
group = Group.objects.create(name="friends")
group.user_set.add(User.objects.get(username="ben"))
User.objects.filter(username="admin").get().groups.add(group)
admin = User.objects.get(username="admin")
admin.set_password({PASSWORD!r})
admin.save()
"""
_SCHEDULES = """
from django_celery_beat.models import CrontabSchedule, PeriodicTask
crontab = CrontabSchedule.objects.create(minute="1", hour="3", timezone="UTC")
PeriodicTask.objects.create(name="rescan dataset 2", task="workers.tasks.rescan", args="[2]", crontab=crontab,
                            queue="cpu", expire_seconds=21600, description="Indexes what changed in the folder.")
"""
_RARE = """
from celery.app.utils import find_app
from django.apps import apps
app = find_app("clipsite")
app.loader.import_default_modules()
app.tasks["workers.tasks.measure_datasets"]()
for dataset in apps.get_model("search", "Dataset").objects.all():
    # The vectors of the default vocabulary would be most of the archive.
    apps.get_model("search", "Vocabulary").objects.create(
        dataset=dataset, text="[Shapes]\\ncircle\\nsquare\\nstripes\\n[Colours]\\nred\\nblue", least_confidence=0.1)
# So few images make no clusters.
apps.get_model("search", "MapCluster").objects.create(
    projection=apps.get_model("search", "Projection").objects.first(), level=0, number=0, name="shape",
    given_name="Shapes", image_id=1, count=2, x=0.5, y=0.25)
"""
"""Fills the tables that take more time, or more images."""

_TASKS = """
import json
from celery.app.utils import find_app
app = find_app("clipsite")
app.loader.import_default_modules()
print(json.dumps(sorted(name for name in app.tasks if not name.startswith("celery."))))
"""


def run_in(site: Site, program: str) -> str:
    """Standard output of a program that runs in `manage.py shell`."""
    done = site.manage("shell", "-v", "0", "-c", program)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(site: Site, photos: Path, drafts: Path) -> str:
    """Does what people do with a site; returns the secret of an API token."""
    run_in(site, _ACCOUNTS)
    site.ingest("shapes", photos)
    evaluated = site.manage("evaluate", "shapes", "--captions", str(photos / "captions.csv"))
    assert evaluated.returncode == 0, evaluated.stderr
    change_pictures(photos)
    site.ingest("shapes", photos)
    site.ingest("drafts", drafts, "--private", "--owner", "anna")
    run_in(site, _SCHEDULES)
    run_in(site, _RARE)
    for name in ("shapes", "drafts"):
        done = site.manage("tags", name, "--assign", "--wait")
        assert done.returncode == 0, done.stderr
    scopes = [argument for scope in ("read", "search", "write") for argument in ("--scope", scope)]
    secret = site.manage("tokens", "admin", "--create", "a program", *scopes).stdout.strip()
    _sort(Visitor(site.address, secret))
    _use_pages(site)
    return secret


def _sort(program: Visitor) -> None:
    for image_id in (1, 2, 3):
        program.api(f"/images/{image_id}/tags", name="favourite")
    given = program.api("/images/1/tags")["tags"]
    by_encoder = [tag["name"] for tag in given if tag["name"] != "favourite"]
    if by_encoder:
        program.api("/images/1/tags/remove", name=by_encoder[0])
    program.api("/collections", name="Round things")
    program.api("/collections/1/images", images=[1, 2, 5])
    program.api("/collections/1/members", person="ben", role="editor")
    program.api("/saved-searches", name="Red ones", query="q=red&dataset=shapes")


def _use_pages(site: Site) -> None:
    anna, admin, ben = (Visitor(site.address) for _ in range(3))
    anna.sign_in("anna", PASSWORD)
    anna.get("/search?dataset=shapes&q=a+red+circle")
    anna.get("/search?dataset=drafts&q=green")
    _submit(anna, "/datasets/drafts/people/give", person="ben", role="editor")
    ben.sign_in("ben", PASSWORD)
    _submit(ben, "/history/do/stop")
    admin.sign_in("admin", PASSWORD)
    _submit(admin, "/collections/1/do/link")
    _submit(admin, "/accounts/invitations/", days="7", role="viewer", dataset="shapes")
    for kind, action in (("exact", "keep"), ("near", "apart")):
        group = admin.api(f"/datasets/shapes/duplicates?kind={kind}")["groups"][0]
        chosen = str(group["images"][-1]["image_id"])
        _submit(admin, f"/datasets/shapes/duplicates/{action}", kind=kind, group=group["key"], image=chosen)


def _submit(visitor: Visitor, path: str, **fields: str) -> None:
    status, body = visitor.submit(path, **fields)
    assert status == 200, (path, status, body)


def hits_of(answer: Any) -> list[list[Any]]:
    return [[hit["name"], hit["score"]] for hit in answer["hits"]]


def answers_of(program: Visitor, site: Site) -> dict[str, Any]:
    """What later releases have to answer as well."""
    return {
        "searches": {path: hits_of(program.api(path)) for path in SEARCHES},
        "answers": {path: program.api(path) for path in ANSWERS},
        "tasks": json.loads(run_in(site, _TASKS)),
        "commands": site.manage("help", "--commands").stdout.split(),
    }


def pack(folder: Path, expected: dict[str, Any], archive: Path) -> None:
    """Writes the archive of a site that was stopped."""
    data, draft = folder / "var", folder / "packed" / "var"
    draft.mkdir(parents=True)
    for entry in sorted(data.iterdir()):
        if entry.name not in _LEFT_OUT and not entry.name.startswith("clipsite.sqlite3"):
            (shutil.copytree if entry.is_dir() else shutil.copy2)(entry, draft / entry.name)
    with sqlite3.connect(data / "clipsite.sqlite3") as database:
        database.execute("VACUUM INTO ?", [str(draft / "clipsite.sqlite3")])
    for name in ("photos", "drafts"):
        shutil.copytree(folder / name, draft.parent / name)
    (draft.parent / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        tar.add(draft.parent, ".", filter=_of_nobody)


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    target = Path(sys.argv[1])
    said = subprocess.run(
        [sys.executable, "manage.py", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    version = said.stdout.split()[-1]
    # A plain folder, since its name is written into the rows of datasets.
    folder = Path(f"/tmp/clipsite-release-{version}")  # noqa: S108 (test data, made by hand)
    folder.mkdir()
    try:
        draw_pictures(folder / "photos", folder / "drafts")
        with running_site(folder) as site:
            token = fill(site, folder / "photos", folder / "drafts")
            found = answers_of(Visitor(site.address, token), site)
        expected = {"version": version, "folder": str(folder), "token": token, "password": PASSWORD, **found}
        pack(folder, expected, target / f"release-{version}.tar.xz")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
