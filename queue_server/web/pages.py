"""Pages, their files, translations and the theme; everything a browser may load, from a fixed list.

Files are read once at start and served with an ETag, so no path of a request ever touches the disk.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from queue_server.web.theme import theme_css

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
PAGES: dict[str, str] = {
    "/": "index",
    "/admin/": "admin",
    "/desk/": "desk",
    "/screen/{id}": "screen",
    "/window/{id}": "window",
    "/rate/{id}": "rating",
    "/t/{id}": "ticket",
}
"""Each page by its path: the folder of ui/web whose index.html is served. No page holds data."""

_KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Page:
    """A file as it is sent."""

    body: bytes
    media: str
    etag: str


def _page(body: bytes, name: str) -> Page:
    kind = _KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Page(body, kind, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def read_files(web: Path, i18n: Path, theme: Path) -> dict[str, Page]:
    """All that lies below ``/static/``, by its path there."""
    files: dict[str, Page] = {}
    for root, prefix in ((web, ""), (i18n, "i18n/")):
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and not any(part.startswith((".", "__")) for part in relative.parts):
                name = prefix + relative.as_posix()
                files[name] = _page(path.read_bytes(), name)
    for language in sorted(path.name for path in i18n.iterdir() if path.is_dir()):
        merged: dict[str, str] = {}
        for path in sorted((i18n / language).glob("*.json")):
            merged.update(json.loads(path.read_text("utf-8")))
        name = f"i18n/{language}.json"
        files[name] = _page(json.dumps(merged, ensure_ascii=False).encode(), name)
    css = theme_css(json.loads(theme.read_text("utf-8")))
    files["theme.css"] = _page(css.encode(), "theme.css")
    return files


def page_routes(files: Mapping[str, Page]) -> list[Route]:
    """Routes of all pages and of ``/static/``."""

    def page(folder: str) -> Route:
        path = next(path for path, name in PAGES.items() if name == folder)

        async def show(request: Request) -> Response:
            return _send(request, files.get(f"{folder}/index.html"))

        return Route(path, show, name=folder)

    async def static(request: Request) -> Response:
        return _send(request, files.get(request.path_params["path"]))

    return [*(page(folder) for folder in PAGES.values()), Route("/static/{path:path}", static, name="static")]


def _send(request: Request, page: Page | None) -> Response:
    if page is None:
        return Response("404", status_code=404, media_type="text/plain", headers=HEADERS)
    headers = {**HEADERS, "ETag": page.etag}
    if request.headers.get("if-none-match") == page.etag:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers={**headers, "Content-Type": page.media})
