"""A site on PostgreSQL, put into a file and made of it again in another database and folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.site import share_static_files
from tests.ops.conftest import ROOT, Postgres, manage

FILL = """
import numpy as np
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from search.encoders import registry
from search.models import Dataset, Embedding, Image
from search.versions.build import build_version
from search.accounts.tokens import create_token
from search.embeddings.store import encoder_record
from search.files.atomic import atomic_file
from search.files.paths import originals_folder
owner = User.objects.create_user("anna", password="what anna keeps secret")
dataset = Dataset.objects.create(name="Things", slug="things", owner=owner, visibility="public", source_path="")
dataset.source_path = str(originals_folder(dataset.pk))
dataset.save()
described = registry.describe("starter/efficientnet-lite2/minilm-l6-tree")
encoder = encoder_record(described.name, described.dimension)
vectors = np.random.default_rng(7).standard_normal((40, described.dimension)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
for number, vector in enumerate(vectors):
    name = f"{number:02} \\u00fc\\t\\\\.png"
    image = Image.objects.create(dataset=dataset, name=name, checksum=f"{number:064x}", byte_size=9, modified_ns=1,
                                 width=4, height=3, format="PNG", state="ready")
    Embedding.objects.create(encoder=encoder, image=image, vector=vector.astype(np.float16).tobytes())
    with atomic_file(originals_folder(dataset.pk) / f"{number}.png") as file:
        file.write(b"original %d" % number)
build_version(dataset, encoder.name)
create_token(owner, "a program", ["read"])
"""
ASK = """
import json
from pathlib import Path
from django.contrib.auth.models import User
from search.models import ApiToken, Dataset, Image
from search.retrieval.search import search_like
dataset = Dataset.objects.get(slug="things")
hits = [[(hit.image.name, round(hit.score, 6)) for hit in search_like(image, k=5).hits]
        for image in Image.objects.select_related("dataset__live_version").order_by("pk")]
originals = sorted((file.name, file.read_text()) for file in Path(dataset.source_path).iterdir())
print(json.dumps({
    "hits": hits, "originals": originals, "owner": dataset.owner.username,
    "knows": User.objects.get(username="anna").check_password("what anna keeps secret"),
    "tokens": list(ApiToken.objects.values_list("digest", flat=True)),
    "next": Dataset.objects.create(name="Later", slug="later", visibility="public", source_path="/x").pk,
}))
"""


def python(environment: dict[str, str], program: str) -> str:
    lines = (
        "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'clipsite.config.settings'\nimport django\ndjango.setup()\n"
    )
    command = [sys.executable, "-c", lines + program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_site_on_postgresql_comes_back_whole(environment: dict[str, str], postgres: Postgres, tmp_path: Path) -> None:
    share_static_files(tmp_path / "data")
    manage(environment, "prepare")
    python(environment, FILL)
    file = tmp_path / "backup.tar"
    assert "files" in manage(environment, "backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    before = json.loads(python(environment, ASK))
    assert len(before["hits"]) == 40
    assert before["knows"]

    for name in ("prepared", "empty"):
        python(environment, f"from django.db import connection\nconnection.cursor().execute('CREATE DATABASE {name}')")
        other = {"CLIPSITE_DATABASE_URL": postgres.url(name), "CLIPSITE_DATA_DIR": str(tmp_path / name)}
        (tmp_path / name).mkdir()
        if name == "prepared":
            share_static_files(tmp_path / name)
            # As `docker compose` does it: the first administrator that it makes gives way to those of the backup.
            manage(environment | other, "prepare")
        assert "Restored" in manage(environment | other, "restore", str(file))
        assert json.loads(python(environment | other, ASK)) == before
