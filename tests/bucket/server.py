"""An S3-compatible store on this machine that checks every signature: SeaweedFS."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.bucket.address import Bucket
from search.bucket.client import QUICK, open_store
from search.errors import BucketUnavailable
from search.polling import wait_for
from tests.environment import free_port

_START_SECONDS = 60
_WITHOUT = ("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0")


@contextmanager
def running_store(folder: Path) -> Iterator[Bucket]:
    """Starts the store over a folder of its own, with an empty bucket, once that can be written to."""
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    folder.mkdir()
    ports = {name: free_port() for part in ("master", "volume", "filer", "s3") for name in (part, f"{part}.grpc")}
    options = [f"-{name.replace('.grpc', '')}.port{'.grpc' if 'grpc' in name else ''}={ports[name]}" for name in ports]
    bucket = Bucket("photos", "", f"http://127.0.0.1:{ports['s3']}", "us-east-1", "a-key", "the secret of the key")
    opens = {"AWS_ACCESS_KEY_ID": bucket.key, "AWS_SECRET_ACCESS_KEY": bucket.secret}
    where = [f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={bucket.name}"]
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [weed, "mini", *where, *options, f"-admin.port={free_port()}", *_WITHOUT],
            env=os.environ | opens,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    try:
        assert wait_for(lambda: process.poll() is not None or _takes(bucket), _START_SECONDS), log.read_text()
        assert process.poll() is None, log.read_text()
        yield bucket
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _takes(bucket: Bucket) -> bool:
    try:
        open_store(bucket, QUICK).put("ready", b"ready")
        open_store(bucket, QUICK).delete(["ready"])
    except BucketUnavailable:
        return False
    return True


def variables_of(bucket: Bucket) -> dict[str, str]:
    """The settings of a site that uses it."""
    return {
        "CLIPSITE_OBJECTS": bucket.address,
        "CLIPSITE_OBJECTS_ENDPOINT": bucket.endpoint,
        "CLIPSITE_OBJECTS_KEY": bucket.key,
        "CLIPSITE_OBJECTS_SECRET": bucket.secret,
    }
