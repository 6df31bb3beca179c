"""Static files under hashed names, JavaScript module imports included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleAwareStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import` statements to hashed names too, so that modules can be cached for ever."""

    support_js_module_import_aggregation = True
