"""Style sheets, scripts, icons and fonts: compressed once, and kept by browsers for ever.

Their address carries a hash over all of them, so a new version has new addresses while relative
links between the files go on working.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
from functools import cache as once
from pathlib import Path
from tempfile import mkdtemp
from wsgiref.headers import Headers

import brotli  # type: ignore[import-untyped]
from flask import Flask
from whitenoise import WhiteNoise

FOLDER = Path(__file__).parent / "static"
_COMPRESSED = {".css", ".js", ".svg"}
_WORTH_IT = 1024


def init_app(app: Flask, *, cache: Path) -> None:
    """Serve the files under `/static/<hash>/`; `cache` is a folder for their compressed copies."""
    version = _version()
    prefix = f"/static/{version}/"
    whitenoise = WhiteNoise(
        app.wsgi_app,
        immutable_file_test="^" + re.escape(prefix),
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )
    whitenoise.add_files(str(_compressed(cache / "static", version)), prefix=prefix)
    app.wsgi_app = whitenoise  # type: ignore[method-assign]
    app.jinja_env.globals["static_url"] = lambda name: prefix + name


def _add_headers(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


@once
def _version() -> str:
    digest = hashlib.sha256()
    for file in _files():
        digest.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> list[Path]:
    return sorted(file for file in FOLDER.rglob("*") if file.is_file())


def _compressed(cache: Path, version: str) -> Path:
    """A folder with all files and their compressed copies; earlier versions are thrown away."""
    done = cache / version
    if done.is_dir():
        return done
    cache.mkdir(parents=True, exist_ok=True)
    earlier = [folder for folder in cache.iterdir() if len(folder.name) == len(version)]
    making = Path(mkdtemp(dir=cache, prefix="making-"))
    making.chmod(0o755)
    for file in _files():
        copy = making / file.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        if file.suffix in _COMPRESSED and file.stat().st_size >= _WORTH_IT:
            content = file.read_bytes()
            copy.with_name(copy.name + ".br").write_bytes(brotli.compress(content, quality=9))
            copy.with_name(copy.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
    try:
        making.rename(done)
    except OSError:  # another process was first
        shutil.rmtree(making)
    for folder in earlier:
        shutil.rmtree(folder, ignore_errors=True)
    return done
