"""The lab's own few virus signatures, made at run time; no signature is ever downloaded.

The test virus EICAR must not appear whole in any file of this repository, or virus scanners would remove the file: it is assembled here
each time it is needed.
"""

import hashlib
import pathlib

EICAR_NAME = "Eicar-Test-Signature"
MARKER_NAME = "Lab.Harmless-Marker"
# libclamav appends this to the names of unsigned signatures.
UNOFFICIAL = ".UNOFFICIAL"


def eicar() -> bytes:
    """The 68 bytes of the test virus."""
    pieces = ["X5O!P%@AP[4", "\\PZX54(P^)7", "CC)7}$EIC", "AR-STANDARD-ANT", "IVIRUS-TEST-FI", "LE!$H+H*"]
    return "".join(pieces).encode("ascii")


def marker() -> bytes:
    """Harmless bytes that only a signature of the lab detects."""
    return b"postern-lab:a-harmless-marker:" + hashlib.sha256(b"postern-lab").hexdigest()[:24].encode()


def hash_signature(name: str, content: bytes) -> str:
    """A line of an .hsb file: detects exactly this content, as a file or within one."""
    return f"{hashlib.sha256(content).hexdigest()}:{len(content)}:{name}"


def body_signature(name: str, content: bytes) -> str:
    """A line of an .ndb file: detects this content anywhere in a file of any type."""
    return f"{name}:0:*:{content.hex()}"


def make_marker_database(directory) -> pathlib.Path:
    """The lab's signatures, and one that detects marker()."""
    directory = make_database(directory)
    (directory / "marker.ndb").write_text(body_signature(MARKER_NAME, marker()) + "\n")
    return directory


def make_database(directory, hashes=None) -> pathlib.Path:
    """Writes lab.ndb (EICAR) and, with hashes = {name: content}, lab.hsb into the directory; returns it as a Path."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "lab.ndb").write_text(body_signature(EICAR_NAME, eicar()) + "\n")
    if hashes:
        lines = [hash_signature(name, content) for name, content in hashes.items()]
        (directory / "lab.hsb").write_text("\n".join(lines) + "\n")
    return directory
