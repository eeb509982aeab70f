"""TNEF (winmail.dat, [MS-OXTNEF]): streams with attachments, built from attributes and MAPI properties."""

import struct
import zlib

SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"
MESSAGE, ATTACHMENT = 1, 2
ATTACH_DATA, ATTACH_TITLE, ATTACH_BEGIN = 0x0006800F, 0x00018010, 0x00069002
MESSAGE_PROPERTIES, ATTACH_PROPERTIES = 0x00069003, 0x00069005
INT32, OBJECT, STRING8, UNICODE, BINARY = 0x03, 0x0D, 0x1E, 0x1F, 0x102
RTF_COMPRESSED, ATTACH_CONTENT, ATTACH_METHOD, ATTACH_LONG_FILENAME = 0x1009, 0x3701, 0x3705, 0x3707
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
IID_STORAGE = bytes.fromhex("0b00000000000000c000000000000046")


def attribute(level, identifier, data):
    return struct.pack("<BII", level, identifier, len(data)) + data + struct.pack("<H", sum(data) & 0xffff)


def value(kind, identifier, data):
    """A property; `data` is a number or octets."""
    head = struct.pack("<HH", kind, identifier)
    if kind == INT32:
        return head + struct.pack("<I", data)
    return head + struct.pack("<II", 1, len(data)) + data + bytes(-len(data) % 4)


def properties(*values):
    return struct.pack("<I", len(values)) + b"".join(values)


def stream(*attributes):
    return SIGNATURE + attribute(MESSAGE, 0x00089006, b"\0\0\1\0") + b"".join(attributes)


def attached(content, title=b"A.BIN", name="a long name.bin"):
    """An attachment in attAttachData."""
    return b"".join([attribute(ATTACHMENT, ATTACH_BEGIN, bytes(14)), attribute(ATTACHMENT, ATTACH_TITLE, title + b"\0"),
                     attribute(ATTACHMENT, ATTACH_DATA, content),
                     attribute(ATTACHMENT, ATTACH_PROPERTIES, properties(
                         value(INT32, ATTACH_METHOD, 1), value(UNICODE, ATTACH_LONG_FILENAME, (name + "\0").encode("utf-16-le"))))])


def attached_by_property(kind, content):
    """An attachment whose content is a property: BINARY, or an OBJECT that begins with its interface."""
    return attribute(ATTACHMENT, ATTACH_BEGIN, bytes(14)) + attribute(ATTACHMENT, ATTACH_PROPERTIES, properties(
        value(STRING8, ATTACH_LONG_FILENAME, b"abc.bin\0"), value(kind, ATTACH_CONTENT, content)))


def with_rtf(text):
    """A message whose text is compressed RTF, without references."""
    groups = b"".join(b"\0" + text[i:i + 8] for i in range(0, len(text), 8)) + b""
    end = (207 + len(text)) % 4096 << 4
    groups = groups if len(text) % 8 == 0 else groups[:-(len(text) % 8) - 1] + bytes([1 << len(text) % 8]) + text[-(len(text) % 8):]
    packed = groups + (b"\1" if len(text) % 8 == 0 else b"") + struct.pack(">H", end)
    head = struct.pack("<II4sI", len(packed) + 12, len(text), b"LZFu", zlib.crc32(packed) ^ 0xffffffff)
    return attribute(MESSAGE, MESSAGE_PROPERTIES, properties(value(BINARY, RTF_COMPRESSED, head + packed)))


def kinds(content):
    """{name: a whole stream that has the content}"""
    inner = stream(attached(content))
    return {
        "TNEF": stream(attached(b"another one"), attached(content)),
        "TNEF, binary property": stream(attached_by_property(BINARY, content)),
        "TNEF, OLE object": stream(attached_by_property(OBJECT, IID_STORAGE + content)),
        "TNEF, message within": stream(attached_by_property(OBJECT, IID_MESSAGE + inner)),
        "TNEF, RTF": stream(with_rtf(content)),
    }
