"""Addresses under which whoever has them may fetch an object for a while: AWS Signature Version 4, in the query.

Written here because a library signs with the time of the call. An address must stay the same for a while, whichever
process makes it, so that browsers find a picture that they have.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from search.bucket.address import Bucket

WINDOW = 1800
"""Seconds for which an object has the same address."""

LIFE = 2 * WINDOW
"""Seconds for which an address opens its object, from the beginning of its window."""

_MARGIN = 60
"""Seconds before its end from which an address is not used any more: clocks differ, and fetching takes time."""

_ALGORITHM = "AWS4-HMAC-SHA256"


class SignedUrl(NamedTuple):
    """An address, and for how many seconds it may be handed on."""

    address: str
    seconds: int


def address_of(bucket: Bucket, key: str, parameters: Mapping[str, str], now: float) -> SignedUrl:
    """The address of an object in the window of `now` (seconds since 1970); `parameters` as S3 knows them."""
    begin = int(now) - int(now) % WINDOW
    address = signed_address(bucket, key, parameters, datetime.fromtimestamp(begin, UTC), LIFE)
    return SignedUrl(address, begin + LIFE - int(now) - _MARGIN)


def signed_address(bucket: Bucket, key: str, parameters: Mapping[str, str], at: datetime, seconds: int) -> str:
    """The address by which to GET an object, from `at` (UTC) on for so many seconds."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{bucket.key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
        **parameters,
    }
    path = quote(bucket.root + key, safe="/")
    query_string = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
    host = bucket.origin.partition("://")[2]
    request = f"GET\n{path}\n{query_string}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    string_to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    secret = f"AWS4{bucket.secret}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.digest(secret, string_to_sign.encode(), "sha256").hex()
    return f"{bucket.origin}{path}?{query_string}&X-Amz-Signature={signature}"
