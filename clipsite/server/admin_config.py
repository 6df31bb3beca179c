"""Names the administration of this site to Django."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "clipsite.server.admin_site.Administration"
