"""Where a database may lie: its URL, and why SQLite must not lie on a network drive."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from queue_server.usecases.ports import StorageError

NETWORK_DRIVES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "fuse.ceph", "fuse.glusterfs", "lustre",
     "davfs", "fuse.davfs2", "ncpfs", "vboxsf", "fuse.vmhgfs-fuse"}
)  # fmt: skip


def parse(url: str) -> URL:
    """The URL of a database that the server can use. Raises ``StorageError`` with what is wrong."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StorageError("this is no database URL; examples: sqlite:///hall.db, postgresql+psycopg://…") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StorageError(f"there is no support for {backend}; use sqlite or postgresql+psycopg")
    if not parsed.database or parsed.database == ":memory:":
        raise StorageError("an SQLite database needs a file, because everything that is acknowledged must be on disk")
    return parsed


def connection_string(url: URL) -> str:
    """What psycopg wants for a SQLAlchemy URL."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def sqlite_file(url: URL) -> Path:
    """The file of an SQLite URL. Raises ``StorageError`` when its folder is not there or on a network drive."""
    path = Path(url.database or "").resolve()
    if not path.parent.is_dir():
        raise StorageError(f"the folder {path.parent} of the database is not there")
    mounts = Path("/proc/mounts")
    if mounts.exists():
        kind = network_drive(path, mounts.read_text(encoding="utf-8", errors="replace"))
        if kind is not None:
            raise StorageError(
                f"{path} lies on a network drive ({kind}), where SQLite's locks and its log are not safe; "
                "use a local disk or PostgreSQL"
            )
    return path


def network_drive(path: Path, mounts: str) -> str | None:
    """The kind of network drive that ``path`` lies on by the text of ``/proc/mounts``; None for a local disk."""
    best = ("", "")
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = path.is_relative_to(point)
        if inside and len(point) >= len(best[0]):
            best = (point, fields[2])
    return best[1] if best[1] in NETWORK_DRIVES else None
