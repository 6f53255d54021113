"""Where files come from: a folder of the user's, or a download that pooch verifies and keeps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from prodgen_lib.data.cache import cache_folder
from prodgen_lib.data.errors import DataError
from prodgen_lib.paths import own_path


def local_folder(folder: str | os.PathLike[str] | None, name: str) -> Path | None:
    """The folder to read data set `name` from, or None where it is to be downloaded.

    `folder` may hold the files or a sub-folder `name` of them. Without it, $PRODGEN_DATA counts
    where it holds that sub-folder.
    """
    if folder is None:
        shared = os.path.expanduser(os.environ.get("PRODGEN_DATA", ""))
        if shared and not Path(shared).is_dir():
            raise DataError(f"PRODGEN_DATA names {shared}, which is no folder; mend or unset it.")
        return Path(shared, name) if shared and Path(shared, name).is_dir() else None
    path = own_path(folder)
    if not path.is_dir():
        raise DataError(f"There is no folder {path}; name the folder that holds {name}.")
    return path / name if (path / name).is_dir() else path


def download(name: str, file: str, addresses: Sequence[str], checksum: str | None) -> Path:
    """Fetch `file` from the first address that gives it, verify its checksum, keep it.

    checksum: "sha256:…" or "md5:…"; None where the publisher gives none.
    """
    import pooch

    failure, reason = None, "no address"
    for address in addresses:
        try:
            kept = pooch.retrieve(
                f"{address}/{file}", checksum, file, cache_folder() / name, progressbar=True
            )
            return Path(kept)
        except OSError as error:
            failure, reason = error, type(error).__name__
        except ValueError as error:
            failure, reason = error, "it arrived with a wrong checksum"
    raise DataError(
        f"{file} of {name} could not be downloaded from {' or '.join(addresses)} "
        f"({reason}); connect to the internet and try again, or set "
        f"PRODGEN_DATA to a folder that holds {name}/{file}, or use the data set 'catalogue', "
        "which needs no download."
    ) from failure
