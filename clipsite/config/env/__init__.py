"""Typed readers of `CLIPSITE_*` environment variables; every wrong value is refused with the variable's name.

Each variable `CLIPSITE_X` may instead be given as `CLIPSITE_X_FILE`, the path of a file that holds the value
(the convention of Docker and Kubernetes secrets). Every variable read is recorded in `DEFAULTS`, which the
documentation test compares with docs/administration.md.
"""

from clipsite.config.env.files import read_folders, read_optional_secret, read_path, read_secret
from clipsite.config.env.hosts import read_hosts, read_networks, read_origins
from clipsite.config.env.servers import (
    MailServer,
    read_bucket,
    read_database,
    read_mail,
    read_provider,
    read_redis_url,
    read_vectors,
)
from clipsite.config.env.values import (
    DEFAULTS,
    PREFIX,
    read_choice,
    read_flag,
    read_list,
    read_number,
    read_text,
    read_time_zone,
)
from search.bucket.address import Bucket

__all__ = [
    "DEFAULTS",
    "PREFIX",
    "Bucket",
    "MailServer",
    "read_bucket",
    "read_choice",
    "read_database",
    "read_flag",
    "read_folders",
    "read_hosts",
    "read_list",
    "read_mail",
    "read_networks",
    "read_number",
    "read_optional_secret",
    "read_origins",
    "read_path",
    "read_provider",
    "read_redis_url",
    "read_secret",
    "read_text",
    "read_time_zone",
    "read_vectors",
]
