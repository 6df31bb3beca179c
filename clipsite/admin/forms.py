"""The form that makes a dataset from a server folder, uploaded files or a zip, or adds files to an uploaded one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models

from search.datasets.create import check_folder, is_uploaded
from search.errors import InvalidSource
from search.ingest.uploads import check_files, check_zip
from search.models import Dataset
from workers.runs.schedules import Rescan, rescan_of


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """A field that returns the several files of one input as a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class Then(models.TextChoices):
    """The next step once a dataset has its images."""

    INDEX = "index", "index them now"
    PLAN = "plan", "only say what indexing would do"
    NOTHING = "nothing", "nothing yet"


class DatasetForm(forms.ModelForm[Dataset]):
    """Takes exactly one source for a new dataset; for one that was uploaded, more files or another zip."""

    folder = forms.CharField(required=False, help_text="A folder on the server; its subfolders are read too.")
    files = ManyFilesField(  # type: ignore[assignment]  # a field; BaseForm.files is replaced per instance
        required=False, help_text="Images from your computer; choose as many as you like."
    )
    archive = forms.FileField(required=False, label="Zip", help_text="A zip of images, folders allowed.")
    then = forms.ChoiceField(
        label="Then",
        choices=Then.choices,
        initial=Then.INDEX,
        widget=forms.RadioSelect,
        required=False,
    )
    rescan = forms.ChoiceField(
        label="Look for changes",
        choices=Rescan.choices,
        initial=Rescan.NEVER,
        required=False,
        help_text="The folder is looked through by itself, and what changed is indexed.",
    )

    class Meta:
        model = Dataset
        fields = ["name", "visibility", "owner"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roots = ", ".join(map(str, settings.IMAGE_ROOTS))
        self.fields["folder"].help_text += f" Must lie below: {roots or 'none yet; set CLIPSITE_IMAGE_ROOTS'}."
        if self.instance.pk:
            del self.fields["folder"]
            if not is_uploaded(self.instance):
                del self.fields["files"], self.fields["archive"], self.fields["then"]
            self.fields["rescan"].initial = rescan_of(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        sources = [name for name in ("folder", "files", "archive") if cleaned.get(name)]
        if len(sources) > 1:
            raise forms.ValidationError("Give one source: a folder, files, or a zip.")
        if not self.instance.pk and not sources and not self.errors:
            raise forms.ValidationError("Say where the images are: a folder on the server, files, or a zip.")
        return cleaned

    def clean_folder(self) -> Path | None:
        text = self.cleaned_data["folder"].strip()
        if not text:
            return None
        try:
            return check_folder(Path(text), roots=list(settings.IMAGE_ROOTS))
        except InvalidSource as error:
            raise forms.ValidationError(str(error)) from error

    def clean_files(self) -> list[UploadedFile[Any]]:
        files: list[UploadedFile[Any]] = self.cleaned_data["files"]
        try:
            check_files(files)
        except InvalidSource as error:
            raise forms.ValidationError(str(error)) from error
        return files

    def clean_archive(self) -> UploadedFile[Any] | None:
        archive: UploadedFile[Any] | None = self.cleaned_data["archive"]
        if archive is not None and archive.file is not None:
            try:
                check_zip(archive.file)
            except InvalidSource as error:
                raise forms.ValidationError(str(error)) from error
        return archive

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if Dataset.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"There is a dataset {name!r} already. Choose another name.")
        return name
