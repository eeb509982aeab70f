"""Harmless mails that cost an engine far more time than other mails of their size."""

import functools
import io
import struct
import zipfile
import zlib

from lab import mail

MEMBER_BYTES = 90 << 20  # below [builtin] file_max


@functools.cache
def _zeros():
    """MEMBER_BYTES of zeros as the end of a deflate stream."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    return b"".join(deflate.compress(block) for _ in range(MEMBER_BYTES >> 20)) + deflate.flush()


def _member(name, start):
    """A local header and a member that begins with `start`; and its entry in the directory, without the offset."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH) + _zeros()
    crc = zlib.crc32(start)
    for _ in range(MEMBER_BYTES >> 20):
        crc = zlib.crc32(bytes(1 << 20), crc)
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, len(packed), len(start) + MEMBER_BYTES, len(name), 0)
    return b"PK\x03\x04" + common + name + packed, b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHI", 0, 0, 0, 0)


def bomb(number, members=4):
    """A mail with an archive of zeros within an archive. The number makes the content of each part unique."""
    local, central = b"", b""
    for i in range(members):
        name = b"%d-%d.bin" % (number, i)
        header, entry = _member(name, name)
        central += entry + struct.pack("<I", len(local)) + name
        local += header
    inner = local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, members, members, len(central), len(local), 0)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{number}.zip", inner)
    return mail.with_attachment(outer.getvalue(), name="zeros.zip", kind="application/zip")
