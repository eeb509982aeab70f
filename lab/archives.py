"""Archives found in mail, some of which libclamav does not open; all are made in memory."""

import io
import struct
import zipfile
import zlib


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """An ordinary zip archive of [(name, content)]; a member (name, content, method) has a method of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content, *own in members:
            archive.writestr(name, content, own[0] if own else None)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """Cannot seek, so sizes follow each member instead of preceding it."""

    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def streamed(members):
    """A zip archive written to a pipe and truncated before its directory: sizes come only after the members."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            with archive.open(name, "w") as member:
                member.write(content)
    return bytes(out.bytes[:out.bytes.index(b"PK\x01\x02")])


def zip64(members):
    """A zip archive of [(name, content, in_zip64)]: for those in_zip64 the sizes are only in the extra field."""
    local, central = b"", b""
    for name, content, in_zip64 in members:
        name = name.encode()
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
        sizes, extra = (len(packed), len(content)), b""
        if in_zip64:
            extra = struct.pack("<HHQQ", 1, 16, len(content), len(packed))
            sizes = (0xFFFFFFFF, 0xFFFFFFFF)
        common = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 0x21, zlib.crc32(content), *sizes, len(name), len(extra))
        central += b"PK\x01\x02" + struct.pack("<H", 45) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name + extra
        local += b"PK\x03\x04" + common + name + extra + packed
    n = len(members)
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, len(central), len(local), 0)


def nested(content, depth):
    """The content in that many nested zip archives."""
    for level in range(depth):
        content = zipped([(f"level{level}.zip" if level else "content", content)])
    return content


def encrypted_zip(name, content, password=b"secret"):
    """PKZIP's old encryption (APPNOTE 6.1), which Python reads but does not write."""
    table = [0] * 256
    for n in range(256):
        value = n
        for _ in range(8):
            value = (value >> 1) ^ 0xEDB88320 if value & 1 else value >> 1
        table[n] = value
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value, byte):
        return (value >> 8) ^ table[(value ^ byte) & 0xFF]

    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def encrypt(byte):
        key = (keys[2] | 2) & 0xFFFF
        update(byte)
        return byte ^ (((key * (key ^ 1)) >> 8) & 0xFF)

    for byte in password:
        update(byte)
    checksum = zlib.crc32(content)
    packed = bytes(encrypt(byte) for byte in bytes(11) + bytes([checksum >> 24]) + content)
    name = name.encode()
    common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x21, checksum, len(packed), len(content), len(name), 0)
    local = b"PK\x03\x04" + common + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def encrypted_pdf():
    """A PDF file with an unknown password: the hashes in its encryption dictionary are arbitrary."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Filter/Standard/V 1/R 2/Length 40/P -44/O<" + b"5a" * 32 + b">/U<" + b"a5" * 32 + b">>>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    identity = b"<" + b"00" * 16 + b">"
    out += b"trailer\n<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[" + identity + identity + b"]>>\nstartxref\n%d\n%%%%EOF\n" % start
    return out


def rar():
    """The beginning of a RAR archive (version 4) with one stored member: enough to be recognised."""
    content = b"stored in a RAR archive\n"

    def block(kind, flags, head):
        body = struct.pack("<BHH", kind, flags, 7 + len(head)) + head
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body

    name = b"member.txt"
    member = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0x21, 20, 0x30, len(name), 0x20) + name
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, member) + content + block(0x7B, 0x4000, b"")
