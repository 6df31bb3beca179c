"""The ASGI application: HTTP by Django, websockets by Channels, and the warm-up of the query path at start."""

from __future__ import annotations

import warnings

import django

django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from clipsite.server.handler import ThreadKeepingHandler  # noqa: E402
from clipsite.web.site.lifespan import lifespan  # noqa: E402
from clipsite.web.site.refusal_gate import RefusalGate  # noqa: E402
from clipsite.web.sockets.routing import websocket_urlpatterns  # noqa: E402

django_application = ThreadKeepingHandler()

# WhiteNoise hands over static files as plain iterators; they are small, and what is large we stream ourselves.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

application = ProtocolTypeRouter(
    {
        "http": RefusalGate(django_application),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        "lifespan": lifespan,
    }
)
