"""The file of a backup: a tar that begins with what it is and ends with a mark that nothing is missing."""

from __future__ import annotations

import io
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path

from search.errors import BackupRefused

FORMAT = 1
DATABASE, FILES = "database", "files"
_NOTES, _END = "clipsite-backup.json", "end.json"


@dataclass(frozen=True, slots=True)
class Notes:
    """The first entry of a backup: the kind of database, its migrations, and where the data folder was."""

    vendor: str
    migrations: dict[str, str]
    data_dir: str
    made_at: str
    format: int = FORMAT


class Writer:
    """Adds files one by one; those that are gone by then are counted."""

    def __init__(self, tar: tarfile.TarFile, notes: Notes) -> None:
        self._tar = tar
        self.files = 0
        self.bytes = 0
        self.gone = 0
        self._add_json(_NOTES, asdict(notes))

    def add(self, path: Path, name: str) -> None:
        """Add one file as it is when it is opened: while a site runs, files come and go."""
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), status.st_mode & 0o777
                self._tar.addfile(member, file)
        except FileNotFoundError:
            self.gone += 1
            return
        self.files += 1
        self.bytes += status.st_size

    def add_folder(self, folder: Path, name: str) -> None:
        """Add every file below a folder, but no link and no file that is being written (with a dot before)."""
        for path, folders, files in os.walk(folder):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for file in sorted(files):
                one_path = Path(path, file)
                if not file.startswith(".") and not one_path.is_symlink():
                    self.add(one_path, f"{name}/{one_path.relative_to(folder).as_posix()}")

    def finish(self) -> None:
        self._add_json(_END, {"files": self.files})

    def _add_json(self, name: str, value: dict[str, object]) -> None:
        content = json.dumps(value, indent=1).encode()
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, io.BytesIO(content))


def read_notes(path: Path) -> Notes:
    """Return the notes of a backup. Raises BackupRefused for a file that is none."""
    try:
        with tarfile.open(path, "r:") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first is not None and first.name == _NOTES else None
            if file is None:
                raise BackupRefused(f"{path} is no backup of clipsite.")
            value = json.load(file)
            if value.get("format") != FORMAT:
                raise BackupRefused(f"{path} has format {value.get('format')}; this clipsite reads format {FORMAT}.")
            return Notes(**value)
    except (OSError, tarfile.TarError, ValueError, TypeError) as error:
        raise BackupRefused(f"{path} cannot be read as a backup of clipsite: {error}.") from error


def unpack(path: Path, folder: Path) -> int:
    """Unpack everything below an empty folder; return the number of files. Raises BackupRefused unless it is whole."""
    files, promised = 0, None
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if member.name == _END:
                    end = tar.extractfile(member)
                    promised = json.load(end)["files"] if end is not None else None
                elif member.name.startswith((f"{DATABASE}/", f"{FILES}/")) and member.isfile():
                    tar.extract(member, folder, filter="data")
                    files += 1
    except (tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise BackupRefused(f"{path} is damaged: {error}. Use another backup.") from error
    if files != promised:
        raise BackupRefused(f"{path} is not whole: it has {files} of {promised or 'an unknown number of'} files.")
    return files
