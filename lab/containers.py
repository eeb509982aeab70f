"""One sample of each kind of container that desktop programs open, with one member. They are made at run time, by the usual programs if
installed, otherwise by hand; `samples(content)` returns those that can be made here.

A member is stored or compressed normally; nothing here is malformed.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zlib

from lab.archives import zipped

NAME = "member.bin"


def crc16(data):
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def run(*argv, cwd=None, data=None):
    done = subprocess.run([str(word) for word in argv], cwd=cwd, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv}: {done.stdout[-300:]}{done.stderr[-300:]}")
    return done.stdout


def by_program(program, *argv, result="out"):
    """A maker that runs a program in a directory with the member, and returns the file that it makes; None if it is not installed."""
    def make(content):
        if not shutil.which(program):
            return None
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "tree").mkdir()
            (root / NAME).write_bytes(content)
            (root / "tree" / NAME).write_bytes(content)
            run(program, *argv, cwd=directory)
            return (root / result).read_bytes()
    return make


def through(program, *argv):
    """A maker that compresses by a filter."""
    return lambda content: run(program, *argv, data=content) if shutil.which(program) else None


def tar(content, kind=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        info = tarfile.TarInfo(NAME)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def lzip(content):
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
    return b"LZIP\x01\x10" + packed + struct.pack("<IQQ", zlib.crc32(content), len(content), len(packed) + 26)


def zstandard(content):
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(content)) + struct.pack("<I", len(content) << 3 | 1)[:3] + content


def compress_z(content):
    """Literals only, 9 bits each: as many as fit before the code size would grow."""
    assert len(content) <= 255
    bits = sum(byte << 9 * at for at, byte in enumerate(content))
    return b"\x1f\x9d\x90" + bits.to_bytes((9 * len(content) + 7) // 8, "little")


def lha(content):
    name = NAME.encode()
    head = b"-lh0-" + struct.pack("<IIIBB", len(content), len(content), 0x21 << 16, 0x20, 0) + bytes([len(name)]) + name \
        + struct.pack("<H", crc16(content))
    return bytes([len(head), sum(head) & 0xFF]) + head + content + b"\0"


def arj(content):
    def header(kind, name, packed, size, crc):
        body = struct.pack("<BBBBBBBBIIIIHHH", 30, 11, 1, 0, 0x10, 0, kind, 0, 0, packed, size, crc, 0, 0, 0) + name + b"\0\0"
        return b"\x60\xea" + struct.pack("<H", len(body)) + body + struct.pack("<I", zlib.crc32(body)) + b"\0\0"
    return header(2, b"archive.arj", 0, 0, 0) + header(0, NAME.encode(), len(content), len(content), zlib.crc32(content)) + content \
        + b"\x60\xea\0\0"


def ace(content):
    def block(kind, flags, body):
        body = struct.pack("<BH", kind, flags) + body
        return struct.pack("<HH", zlib.crc32(body) & 0xFFFF ^ 0xFFFF, len(body)) + body
    main = block(0, 0x9000, b"**ACE**" + struct.pack("<BBBBIQ", 20, 20, 2, 0, 0x210000, 0) + b"\x16*UNREGISTERED VERSION*")
    name = NAME.encode()
    return main + block(1, 0x8001, struct.pack("<IIIIIHHHH", len(content), len(content), 0x210000, 0x20, zlib.crc32(content), 0, 10, 0,
                                               len(name)) + name) + content


def zoo(content):
    text = b"ZOO 2.10 Archive.\x1a".ljust(20, b"\0")
    entry = struct.pack("<IBBIIHHHIIBBBHI", 0xFDC4A7DC, 1, 0, 0, 34 + 52, 0x21, 0, crc16(content), len(content), len(content), 2, 0, 0, 0, 0) \
        + NAME.encode().ljust(13, b"\0")
    return text + struct.pack("<IIIBB", 0xFDC4A7DC, 34, (1 << 32) - 34, 2, 0) + entry.ljust(52, b"\0") + content \
        + struct.pack("<I", 0xFDC4A7DC).ljust(52, b"\0")


def cab(content):
    name = NAME.encode() + b"\0"
    data_at = 36 + 8 + 16 + len(name)
    total = data_at + 8 + len(content)
    return b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, total, 0, 44, 0, 3, 1, 1, 1, 0, 0, 0) + struct.pack("<IHH", data_at, 1, 0) \
        + struct.pack("<IIHHHH", len(content), 0, 0, 0x21, 0, 0x20) + name + struct.pack("<IHH", 0, len(content), len(content)) + content


def rar4(content, method=0x30):
    def block(kind, flags, head):
        body = struct.pack("<BHH", kind, flags, 7 + len(head)) + head
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body
    name = NAME.encode()
    member = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0x21, 20, method, len(name), 0x20) + name
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, member) + content + block(0x7B, 0x4000, b"")


def rar5(content):
    def block(body):
        body = bytes([len(body)]) + body
        return struct.pack("<I", zlib.crc32(body)) + body
    name = NAME.encode()
    member = bytes([2, 2]) + bytes([len(content)]) + bytes([4, len(content), 0x20]) + struct.pack("<I", zlib.crc32(content)) \
        + bytes([0, 0, len(name)]) + name
    return b"Rar!\x1a\x07\x01\x00" + block(bytes([1, 0, 0])) + block(member) + content + block(bytes([5, 0, 0]))


def ar(content, name=NAME):
    return b"!<arch>\n" + f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)


def deb(content):
    def member(name, data):
        return ar(data, name)[8:]
    return b"!<arch>\n" + member("debian-binary", b"2.0\n") + member("control.tar.xz", lzma.compress(tar(b"Package: x\n"))) \
        + member("data.tar.xz", lzma.compress(tar(content)))


def cpio(content):
    def entry(name, data):
        name = name.encode() + b"\0"
        fields = [1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        head = b"070701" + b"".join(b"%08x" % n for n in fields) + name
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return entry(NAME, content) + entry("TRAILER!!!", b"")


def rpm(content):
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 1, 4) + struct.pack(">IIII", 1000, 6, 0, 1) + b"pkg\0"
    lead = struct.pack(">IBBHH66sHH16s", 0xEDABEEDB, 3, 0, 0, 1, b"package-1-1", 1, 5, b"")
    return lead + header + bytes(-len(header) % 8) + header + gzip.compress(cpio(content))


def iso(content):
    """ISO 9660, one file: 16 sectors, the primary descriptor, the end, the root directory, the file."""
    def both(n, size):
        return n.to_bytes(size, "little") + n.to_bytes(size, "big")

    def record(name, at, size, flags):
        body = b"\0" + both(at, 4) + both(size, 4) + bytes([100, 1, 1, 0, 0, 0, 0, flags, 0, 0]) + both(1, 2) + bytes([len(name)]) + name
        body += b"\0" * ((len(body) + 1) % 2)
        return bytes([len(body) + 1]) + body
    root = record(b"\0", 18, 2048, 2)
    listing = (root + record(b"\1", 18, 2048, 2) + record(b"MEMBER.BIN;1", 19, len(content), 0)).ljust(2048, b"\0")
    head = b"\1CD001\1\0" + b" " * 32 + b"LAB".ljust(32) + bytes(8) + both(20, 4) + bytes(32) + both(1, 2) + both(1, 2) + both(2048, 2) \
        + both(10, 4) + bytes(16) + root
    primary = (head + b" " * 623 + b"0" * 64 + b"\1").ljust(2048, b"\0")
    end = b"\xffCD001\1".ljust(2048, b"\0")
    return bytes(16 * 2048) + primary + end + listing + content.ljust(2048, b"\0")


def udf(content):
    """The recognition sequence of UDF (ECMA-167 2/9), and the member in a sector: enough to be recognised."""
    sectors = [b"\0BEA01\1", b"\0NSR02\1", b"\0TEA01\1"]
    return bytes(16 * 2048) + b"".join(sector.ljust(2048, b"\0") for sector in sectors) + bytes(200 * 2048) + content.ljust(2048, b"\0")


def dmg(content):
    """The trailer of an Apple disk image, after its data."""
    return zlib.compress(content).ljust(512, b"\0") + (b"koly" + struct.pack(">III", 4, 512, 1) + bytes(16) + struct.pack(">Q", 512)).ljust(512, b"\0")


def xar(content):
    heap = zlib.compress(content)
    toc = zlib.compress(f'<?xml version="1.0" encoding="UTF-8"?><xar><toc><file id="1"><data><length>{len(heap)}</length><offset>0</offset>'
                        f'<size>{len(content)}</size><encoding style="application/x-gzip"/></data><type>file</type><name>{NAME}</name></file>'
                        '</toc></xar>'.encode())
    text = zlib.decompress(toc)
    return b"xar!" + struct.pack(">HHQQI", 28, 1, len(toc), len(text), 0) + toc + heap


def chm(content):
    """The head of a compiled help file (ITSF, version 3), and the member after it."""
    return b"ITSF" + struct.pack("<IIIII", 3, 96, 1, 0, 0x409) + bytes(32) + struct.pack("<QQQQQ", 96, 24, 120, 84, 204) + bytes(108) + content


def vhd(content):
    """A fixed disk: the data, then the footer."""
    data = content.ljust(512 * 8, b"\0")
    footer = b"conectix" + struct.pack(">IIQI4sI4sQQIII", 2, 0x10000, (1 << 64) - 1, 0, b"lab ", 0x10000, b"Wi2k", len(data), len(data), 0, 2, 0)
    return data + footer.ljust(512, b"\0")


def pdf_with_file(content, is_packed):
    """A PDF file of one empty page with a file attached."""
    data, how = (zlib.compress(content), b"/Filter/FlateDecode") if is_packed else (content, b"")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.bin)4 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Type/Filespec/F(a.bin)/EF<</F 5 0 R>>>>",
        b"<</Type/EmbeddedFile" + how + b"/Length %d>>\nstream\n" % len(data) + data + b"\nendstream",
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets) \
        + b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


def seven(kind, *options, result):
    return by_program("7z", "a", f"-t{kind}", *options, result, NAME, result=result)


def encrypted_rar4(content, headers=False):
    def block(kind, flags, head):
        body = struct.pack("<BHH", kind, flags, 7 + len(head)) + head
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body
    if headers:
        return b"Rar!\x1a\x07\x00" + block(0x73, 0x80, bytes(6)) + hashlib.sha256(content).digest() * 4
    name, packed = NAME.encode(), hashlib.sha256(content).digest() * 2
    member = struct.pack("<IIBIIBBHI", len(packed), len(content), 3, zlib.crc32(content), 0x21, 29, 0x30, len(name), 0x20) + name + bytes(8)
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8404, member) + packed + block(0x7B, 0x4000, b"")


def encrypted_rar5(content, headers=False):
    def block(body):
        body = bytes([len(body)]) + body
        return struct.pack("<I", zlib.crc32(body)) + body
    salt, packed = bytes(range(16)), hashlib.sha256(content).digest() * 2
    if headers:
        return b"Rar!\x1a\x07\x01\x00" + block(bytes([4, 0, 0, 0, 15]) + salt) + salt + packed * 2
    extra = bytes([1, 0, 0, 15]) + salt * 2
    extra = bytes([len(extra)]) + extra
    member = bytes([2, 3, len(extra), len(packed), 4, len(content), 0x20]) + struct.pack("<I", zlib.crc32(content)) \
        + bytes([0, 0, len(NAME)]) + NAME.encode() + extra
    return b"Rar!\x1a\x07\x01\x00" + block(bytes([1, 0, 0])) + block(member) + packed + block(bytes([5, 0, 0]))


def encrypted_pdf(*options):
    def make(content):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "in.pdf"
            path.write_bytes(pdf_with_file(content, True))
            return run("qpdf", *options, path, "-") if shutil.which("qpdf") else None
    return make


def pgp(*options):
    def make(content):
        with tempfile.TemporaryDirectory() as home:
            return run("gpg", "--homedir", home, "--batch", "--no-options", "--pinentry-mode", "loopback", "--passphrase", "secret", *options, "-o", "-", data=content) \
                if shutil.which("gpg") else None
    return make


def smime(content):
    """EnvelopedData, in DER."""
    with tempfile.TemporaryDirectory() as directory:
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=lab", cwd=directory)
        return run("openssl", "cms", "-encrypt", "-binary", "-outform", "DER", "certificate.pem", cwd=directory, data=content)


# Content under a password or a key. Of some formats only the headers are real: the content is no ciphertext.
ENCRYPTED_MAKERS = {
    "zip": seven("zip", "-psecret", "-mem=ZipCrypto", result="a.zip"),
    "zip-aes": seven("zip", "-psecret", "-mem=AES256", result="a.zip"),
    "7z": seven("7z", "-psecret", result="a.7z"),
    "7z-headers": seven("7z", "-psecret", "-mhe=on", result="a.7z"),
    "rar4": encrypted_rar4,
    "rar4-headers": lambda c: encrypted_rar4(c, headers=True),
    "rar5": encrypted_rar5,
    "rar5-headers": lambda c: encrypted_rar5(c, headers=True),
    "pdf-aes": encrypted_pdf("--encrypt", "user", "owner", "256", "--"),
    "pdf-rc4": encrypted_pdf("--allow-weak-crypto", "--encrypt", "user", "owner", "128", "--"),
    "smime": smime,
    "pgp": pgp("--symmetric", "--armor"),
    "pgp-binary": pgp("--symmetric"),
}


MAKERS = {
    "zip": lambda c: zipped([(NAME, c)]),
    "zip-deflate64": seven("zip", "-mm=Deflate64", result="a.zip"),
    "zip-bzip2": seven("zip", "-mm=BZip2", result="a.zip"),
    "zip-lzma": seven("zip", "-mm=LZMA", result="a.zip"),
    "zip-ppmd": seven("zip", "-mm=PPMd", result="a.zip"),
    "zip-xz": seven("zip", "-mm=xz", result="a.zip"),
    "7z": seven("7z", result="a.7z"),
    "7z-ppmd": seven("7z", "-m0=PPMd", result="a.7z"),
    "7z-bzip2": seven("7z", "-m0=BZip2", result="a.7z"),
    "7z-deflate64": seven("7z", "-m0=Deflate64", result="a.7z"),
    "rar4": rar4,
    "rar5": rar5,
    "cab": cab,
    "arj": arj,
    "lha": lha,
    "ace": ace,
    "zoo": zoo,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda c: lzma.compress(c, lzma.FORMAT_ALONE),
    "zstd": zstandard,
    "lz4": through("lz4", "-c", "-"),
    "lzip": lzip,
    "lzop": through("lzop", "-c"),
    "lrzip": by_program("lrzip", "-q", "-o", "out", NAME),
    "compress": compress_z,
    "tar": tar,
    "tar-gz": lambda c: gzip.compress(tar(c)),
    "tar-old": lambda c: by_program("tar", "--format=v7", "-cf", "out", NAME)(c),
    "cpio": cpio,
    "ar": ar,
    "deb": deb,
    "rpm": rpm,
    "iso": iso,
    "udf": udf,
    "wim": seven("wim", result="a.wim"),
    "dmg": dmg,
    "xar": xar,
    "chm": chm,
    "squashfs": by_program("mksquashfs", "tree", "out", "-quiet", "-no-progress"),
    "gcab": by_program("gcab", "-c", "-z", "out", NAME),
    "vhd": vhd,
    "vhd-dynamic": by_program("qemu-img", "convert", "-q", "-O", "vpc", NAME, "out"),
    "vdi": by_program("qemu-img", "convert", "-q", "-O", "vdi", NAME, "out"),
    "iso-joliet": by_program("genisoimage", "-quiet", "-J", "-r", "-o", "out", "tree"),
    "iso-udf": by_program("genisoimage", "-quiet", "-udf", "-o", "out", "tree"),
    "vhdx": by_program("qemu-img", "convert", "-q", "-O", "vhdx", NAME, "out"),
    "vmdk": by_program("qemu-img", "convert", "-q", "-O", "vmdk", NAME, "out"),
    "qcow2": by_program("qemu-img", "convert", "-q", "-O", "qcow2", NAME, "out"),
}


def samples(content):
    """{kind: bytes} of the kinds that can be made here."""
    return _made(MAKERS, content)


def encrypted_samples(content):
    return _made(ENCRYPTED_MAKERS, content)


def _made(makers, content):
    made = {kind: make(content) for kind, make in makers.items()}
    return {kind: data for kind, data in made.items() if data is not None}
