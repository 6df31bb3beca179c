"""Who may ask what: a row for every address of the site. An address without a row fails the walk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.permissions.world import PEOPLE, World

ALL = frozenset(PEOPLE)
NOBODY: frozenset[str] = frozenset()
SIGNED_IN = ALL - {"anonymous", "closed"}
SEES = frozenset({"viewer", "member", "editor", "partner", "owner", "staff"})
EDITS = frozenset({"editor", "partner", "owner", "staff"})
MANAGES = frozenset({"partner", "owner", "staff"})
STAFF = frozenset({"staff"})
SELF = frozenset({"owner"})
COLLECTED = frozenset({"viewer", "editor", "owner", "staff"})
COLLECTS = frozenset({"editor", "owner", "staff"})
SHARES = frozenset({"owner", "staff"})


@dataclass(frozen=True)
class Row:
    """One request: the name of its route, who may ask it, and what is sent."""

    name: str
    audience: frozenset[str]
    args: list[Any] = field(default_factory=list)
    query: str = ""
    method: str = "get"
    data: dict[str, Any] = field(default_factory=dict)
    is_json: bool = False
    ok: frozenset[int] = frozenset({200, 302})
    """What those of the audience get: often a page, at times a sentence that says what is missing."""

    signs_in: bool = False
    """Whether those who are not signed in are sent to the sign-in, instead of told that there is nothing."""

    sees: frozenset[str] = NOBODY
    """Of an operation of the API: to whom it says that they may not, since they see what it is about."""

    is_shared: bool = False
    """Whether the address itself is the permission, as a secret link is."""


def pages(world: World) -> list[Row]:
    return [
        *_open(),
        *pages_of_the_dataset(world),
        *_kept(world),
        *_of_accounts(world),
    ]


def pages_of_the_dataset(world: World) -> list[Row]:
    """Those whose audience is said by roles in the dataset alone."""
    return [*_of_the_dataset(world), *_edited(world), *_managed(world), *_of_the_map(world)]


def _post(name: str, audience: frozenset[str], args: list[Any], ok: tuple[int, ...] = (302,), /, **fields: Any) -> Row:
    return Row(name, audience, args, method="post", data=fields, ok=frozenset(ok))


def _open() -> list[Row]:
    return [
        Row("home", ALL),
        Row("dashboard", ALL),
        Row("runs-json", ALL),
        Row("site-panels", STAFF),
        Row("healthz", ALL),
        Row("readyz", ALL, ok=frozenset({200, 503})),
        Row("metrics", NOBODY),  # the settings of the tests name nobody
        Row("search", ALL, query="q=navy"),
        Row("api-docs", ALL),
        Row("api-schema", ALL),
        Row("query-picture", NOBODY, ["0" * 32]),
        Row("status", STAFF),
    ]


def _of_the_dataset(world: World) -> list[Row]:
    slug, image = [world.dataset.slug], [world.image.pk]
    rows = [Row(name, SEES, slug) for name in ("dataset", "tags", "duplicates", "duplicates-csv", "explorer")]
    rows += [Row(name, SEES, slug) for name in ("failures", "failures-csv", "explorer-composer")]
    rows += [Row(name, SEES, image) for name in ("image", "image-panel", "thumbnail", "original")]
    return [
        *rows,
        Row("run", SEES, [world.run.pk]),
        Row("search", SEES, query="dataset=secrets&q=navy"),
        Row("search", SEES, query=f"like={world.image.pk}"),
        Row("export-search", SEES, query="dataset=secrets&q=navy"),
        _post("export-images", SEES, [], (200,), image=image),
        # Whoever sees no dataset has nothing to search in.
        _post("query-picture-add", SEES, [], (400,)),
    ]


def _edited(world: World) -> list[Row]:
    slug = world.dataset.slug
    return [
        _post("image-tags", EDITS, [world.image.pk], name="warm"),
        _post("duplicates-act", EDITS, [slug, "hide"], kind="near", all="1"),
        _post("duplicates-act", EDITS, [slug, "show"], kind="hidden", all="1"),
        _post("duplicates-act", NOBODY, [slug, "explode"], kind="near"),
    ]


def _managed(world: World) -> list[Row]:
    slug = world.dataset.slug
    return [
        *(Row(name, MANAGES, [slug]) for name in ("versions", "evaluations", "people")),
        Row("versions-compare", MANAGES, [slug], query="left=1&right=1"),
        _post("versions-rebuild", MANAGES, [slug]),
        _post("version-action", MANAGES, [slug, 1, "live"]),
        _post("run-start", MANAGES, [slug], kind="plan"),
        *(_post("run-control", MANAGES, [world.run.pk, action]) for action in ("pause", "resume", "cancel")),
        _post("run-control", NOBODY, [world.run.pk, "explode"]),
        _post("run-priority", MANAGES, [world.run.pk], priority="high"),
        _post("run-again", MANAGES, [world.cancelled.pk]),
        _post("failures-action", MANAGES, [slug, "retry"], scope="all"),
        _post("duplicates-find", MANAGES, [slug]),
        _post("tags-assign", MANAGES, [slug]),
        _post("map-draw", MANAGES, [slug], place="1"),
        _post("people-action", MANAGES, [slug, "give"], person="stranger", role="viewer"),
        _post("people-action", MANAGES, [slug, "give-group"], group="1", role="viewer"),
        _post("people-action", MANAGES, [slug, "withdraw"], entry="1"),
        _post("people-action", MANAGES, [slug, "visibility"], visibility="public"),
        _post("people-action", NOBODY, [slug, "explode"]),
    ]


def _of_the_map(world: World) -> list[Row]:
    of_map = [world.dataset.slug, world.projection.pk]
    parameters = f"q=navy&index=0&image={world.image.pk}&tag=dark"
    parts: dict[str, list[Any]] = {
        "map-level": [0],
        "map-points": [],
        "map-find": [],
        "map-clusters": [],
        "map-hits": [],
        "map-columns": [],
        "map-column-cluster": [0],
        "map-column-date": [],
        "map-column-tag": [],
        "map-similarity": [],
        "map-export": ["csv"],
        "map-tile-facts": [0, 0, 0],
        "map-tile-sheet": [0, 0, 0],
        "map-selection-points": [world.selection],
        "map-selection": [world.selection],
        "map-selection-export": [world.selection, "csv"],
    }
    whole = {"rectangle": [-1e6, -1e6, 1e6, 1e6]}
    chosen = [*of_map, world.selection]
    return [
        *(Row(name, SEES, [*of_map, *more], parameters) for name, more in parts.items()),
        Row("map-select", SEES, of_map, method="post", data=whole, is_json=True, ok=frozenset({200, 201})),
        _post("map-selection-collect", SEES, chosen, (200,), name="Chosen"),
        _post("map-selection-tag", EDITS, chosen, (200,), name="warm"),
        _post("map-cluster-name", EDITS, [*of_map, 0, 0], (200,), name="A name"),
        _post("map-delete", MANAGES, of_map),
    ]


def _kept(world: World) -> list[Row]:
    collection, link, image = world.collection.pk, world.link, world.image.pk
    signed_in = ("collections", "collection-choices", "saved-searches", "history", "history-recent", "tokens")
    saved = world.ids["search"]
    shared = [
        Row("shared", ALL, [link], is_shared=True),
        Row("shared-export", ALL, [link], is_shared=True),
        *(Row(f"shared-{part}", ALL, [link, image], is_shared=True) for part in ("image", "thumbnail", "original")),
        *(Row(f"shared-{part}", NOBODY, ["x" * 32, image]) for part in ("image", "thumbnail", "original")),
    ]
    return [
        *shared,
        *(Row(name, SIGNED_IN, signs_in=True) for name in signed_in),
        Row("collection", COLLECTED, [collection]),
        Row("collection-export", COLLECTED, [collection]),
        Row("collection-settings", SHARES, [collection]),
        *(Row(f"collection-{part}", COLLECTED, [collection, image]) for part in ("image", "thumbnail", "original")),
        _signed_in("collection-create", [], name="Another"),
        _signed_in("save-search", [], query="q=red"),
        _signed_in("history-action", ["clear"]),
        Row(
            "collect-images", COLLECTS, method="post", data={"image": [image], "collection": collection}, signs_in=True
        ),
        _post("collection-action", COLLECTS, [collection, "remove"], image=[image]),
        _post("collection-action", SHARES, [collection, "rename"], name="Journey"),
        _post("collection-action", SHARES, [collection, "link"]),
        _post("collection-action", SHARES, [collection, "delete"]),
        Row("saved-search", SELF, [saved]),
        Row("saved-search-glimpse", SELF, [saved]),
        _post("saved-search-action", SELF, [saved, "delete"]),
        Row("token-revoke", SELF, [world.ids["token"]], method="post", signs_in=True),
    ]


def _signed_in(name: str, args: list[Any], /, **fields: Any) -> Row:
    return Row(name, SIGNED_IN, args, method="post", data=fields, signs_in=True)


def _of_accounts(world: World) -> list[Row]:
    of_everybody = [
        "login",
        "account_login",
        "account_inactive",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "mfa_authenticate",
        "socialaccount_login_cancelled",
        "socialaccount_signup",
    ]
    of_oneself = [
        "account",
        "sessions",
        "account_email",
        "account_change_password",
        "account_set_password",
        "account_reauthenticate",
        "socialaccount_connections",
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_activate_totp",
    ]
    of_factor = ("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes")
    return [
        *(Row(name, ALL) for name in of_everybody),
        *(Row(name, SIGNED_IN, signs_in=True) for name in of_oneself),
        *(Row(name, SELF, signs_in=True) for name in of_factor),
        Row("mfa_generate_recovery_codes", SIGNED_IN, signs_in=True),
        Row("account_confirm_email", ALL, ["no-key"]),
        Row("socialaccount_login_error", ALL, ok=frozenset({401})),
        Row("account_reset_password_from_key", ALL, ["1", "no-key"]),
        _signed_in("sessions-end", []),
        Row("session-end", SELF, [world.ids["session"]], method="post", signs_in=True),
        *(Row(f"openid_connect_{part}", NOBODY, ["oidc"]) for part in ("login", "callback")),  # none is set up
        Row("invitations", STAFF),
        _post("invitations", STAFF, [], (200,), days="7"),
        _post("invitation-revoke", STAFF, [world.ids["invitation"]]),
        Row("invitation", ALL, [world.invitation]),
        Row("invitation", NOBODY, ["no-secret"]),
        # The last: whoever asks is signed out in their browser, which is not taken back.
        Row("logout", ALL, method="post"),
        Row("account_logout", ALL, method="post"),
    ]


@dataclass(frozen=True)
class Operation:
    """One operation of the API, by its name in the schema."""

    operation: str
    audience: frozenset[str]
    route: str
    args: list[Any] = field(default_factory=list)
    query: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    sees: frozenset[str] = SEES
    """Who is told that they may not, since they see what it is about; the others are told that it is not there."""


def operations(world: World) -> list[Operation]:
    return [*operations_on_the_dataset(world), *_api_of_what_is_kept(world)]


def operations_on_the_dataset(world: World) -> list[Operation]:
    slug, image, run = [world.dataset.slug], [world.image.pk], [world.run.pk]
    of_map = [world.dataset.slug, world.projection.pk]
    named = {"name": "warm"}
    return [
        Operation("list_datasets", ALL, "api-datasets"),
        Operation("get_dataset", SEES, "api-dataset", slug),
        Operation("list_images", SEES, "api-images", slug),
        Operation("get_image", SEES, "api-image", image),
        Operation("search", SEES, "api-search", query="dataset=secrets&q=navy"),
        Operation("similar", SEES, "api-similar", image),
        Operation("list_tags", SEES, "api-tags", slug),
        Operation("list_image_tags", SEES, "api-image-tags", image),
        Operation("add_tag", EDITS, "api-image-tags", image, body=named),
        Operation("remove_tag", EDITS, "api-image-tags-remove", image, body=named),
        Operation("list_image_duplicates", SEES, "api-image-duplicates", image),
        Operation("list_duplicates", SEES, "api-duplicates", slug),
        Operation("list_runs", ALL, "api-runs"),
        Operation("get_run", SEES, "api-run", run),
        Operation("start_run", MANAGES, "api-run-start", slug, body={"kind": "plan"}),
        Operation("pause_run", MANAGES, "api-run-pause", run),
        Operation("resume_run", MANAGES, "api-run-resume", run),
        Operation("cancel_run", MANAGES, "api-run-cancel", run),
        Operation("list_failures", SEES, "api-failures", slug),
        Operation("list_projections", SEES, "api-projections", slug),
        Operation("get_projection", SEES, "api-projection", of_map),
        Operation("list_points", SEES, "api-points", of_map),
        Operation("select_on_map", SEES, "api-selections", of_map, body={"rectangle": [0, 0, 1, 1]}),
        Operation("list_selected", SEES, "api-selection", [*of_map, world.selection]),
    ]


def _api_of_what_is_kept(world: World) -> list[Operation]:
    collection, saved = [world.collection.pk], [world.ids["search"]]
    images = {"images": [world.image.pk]}
    member = [world.collection.pk, world.collection.members.get(person__username="viewer").person_id]
    shared = {"person": "stranger", "role": "viewer"}
    leaves = SHARES | {"viewer"}
    searched = "q=navy&dataset=secrets"
    return [
        Operation("list_collections", ALL, "api-collections"),
        Operation("create_collection", SIGNED_IN, "api-collections", body={"name": "Another"}),
        Operation("get_collection", COLLECTED, "api-collection", collection, sees=NOBODY),
        Operation("list_collected", COLLECTED, "api-collected", collection, sees=NOBODY),
        Operation("rename_collection", SHARES, "api-collection", collection, body={"name": "Journey"}, sees=COLLECTED),
        Operation("add_to_collection", COLLECTS, "api-collected", collection, body=images, sees=COLLECTED),
        Operation("remove_from_collection", COLLECTS, "api-collected-remove", collection, body=images, sees=COLLECTED),
        Operation("share_collection", SHARES, "api-members", collection, body=shared, sees=COLLECTED),
        Operation("renew_link", SHARES, "api-link", collection, sees=COLLECTED),
        Operation("revoke_link", SHARES, "api-link", collection, sees=COLLECTED),
        Operation("unshare_collection", leaves, "api-member", member, sees=COLLECTED),
        Operation("delete_collection", SHARES, "api-collection", collection, sees=COLLECTED),
        Operation("list_saved_searches", ALL, "api-saved-searches"),
        Operation("save_search", SEES, "api-saved-searches", body={"name": "Navy", "query": searched}, sees=NOBODY),
        Operation("get_saved_search", SELF, "api-saved-search", saved, sees=NOBODY),
        Operation("run_saved_search", SELF, "api-saved-hits", saved, sees=NOBODY),
        Operation("rename_saved_search", SELF, "api-saved-search", saved, body={"name": "Ours"}, sees=NOBODY),
        Operation("delete_saved_search", SELF, "api-saved-search", saved, sees=NOBODY),
    ]


MANAGED_IN_ADMIN = {
    "account.EmailAddress",
    "admin.LogEntry",
    "auth.Group",
    "auth.User",
    "axes.AccessAttempt",
    "axes.AccessFailureLog",
    "axes.AccessLog",
    "django_celery_beat.CrontabSchedule",
    "django_celery_beat.IntervalSchedule",
    "django_celery_beat.PeriodicTask",
    "mfa.Authenticator",
    "search.ApiToken",
    "search.Collection",
    "search.Dataset",
    "search.DatasetRole",
    "search.EncoderRecord",
    "search.Image",
    "search.IndexVersion",
    "search.Invitation",
    "search.Tag",
    "socialaccount.SocialAccount",
    "usersessions.UserSession",
    "workers.ImageFailure",
    "workers.Run",
}
"""All for staff alone."""

LISTS = {"home", "dashboard", "list_datasets", "list_runs"}
"""Pages and operations that answer everybody, with what each may see."""

SOCKETS = {"ws/runs/"}
"""They relay what is about datasets that the person sees."""
