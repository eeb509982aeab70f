"""Messages in odd MIME, each with one attachment that has the lab's harmless marker: every way to encode it, in every structure."""

import base64
import binascii

from lab import tnef

VERSION = "MIME-Version: 1.0\r\n"
TEXT = "Content-Type: text/plain\r\n\r\nAn ordinary text.\r\n"


def _lines(octets, width=76):
    text = base64.b64encode(octets).decode()
    return "".join(text[i:i + width] + "\r\n" for i in range(0, len(text), width))


def _uuencoded(octets):
    lines = (binascii.b2a_uu(octets[i:i + 45], backtick=True).decode().rstrip("\n") for i in range(0, len(octets), 45))
    return "begin 644 a.bin\r\n" + "".join(f"{line}\r\n" for line in lines) + "`\r\nend\r\n"


def _yencoded(octets):
    """Of printable octets none needs to be escaped."""
    return f"=ybegin line=128 size={len(octets)} name=a.bin\r\n{''.join(chr((c + 42) & 255) for c in octets)}\r\n=yend size={len(octets)}\r\n"


def _binhexed(octets):
    letters = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    file = b"\x01a\0TEXTMYAP\0\0" + len(octets).to_bytes(4, "big") + bytes(4) + b"cr" + octets + b"crcr"
    bits = "".join(f"{c:08b}" for c in file)
    bits += "0" * (-len(bits) % 6)
    text = ":" + "".join(letters[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6)) + ":"
    return "(This file must be converted with BinHex 4.0)\r\n\r\n" + "".join(text[i:i + 64] + "\r\n" for i in range(0, len(text), 64))


def _with(field, body):
    return f"Content-Type: application/octet-stream; name=a.bin\r\n{field}\r\n\r\n{body}"


def _with_type(subtype, body):
    return f"Content-Type: application/{subtype}; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"


def _quoted(octets):
    """Quoted-printable that has nothing but escapes."""
    return "=\r\n".join("".join(f"={c:02X}" for c in octets[i:i + 24]) for i in range(0, len(octets), 24)) + "\r\n"


def encodings(content):
    """{name: a part with that content}"""
    encoding = "Content-Transfer-Encoding"
    whole, lines = base64.b64encode(content).decode(), _lines(content)
    middle = len(whole) // 8 * 4
    quoted = "".join(f"={c:02X}" for c in content[:20]) + "=\r\n" + "".join(f"={c:02x}" for c in content[20:])
    inner = VERSION + _with(f"{encoding}: base64", lines)
    return {
        "base64": _with(f"{encoding}: base64", lines),
        "no padding": _with(f"{encoding}: base64", whole.rstrip("=") + "\r\n"),
        "padding within": _with(f"{encoding}: base64", _lines(content[:20]) + _lines(content[20:])),
        "more after padding": _with(f"{encoding}: base64", lines.rstrip() + "==\r\nTW9yZQ==\r\n"),
        "junk": _with(f"{encoding}: base64", whole[:middle] + "*.!" + whole[middle:] + "\r\n"),
        "a line of junk": _with(f"{encoding}: base64", whole[:middle] + "\r\n.junk\r\n" + whole[middle:] + "\r\n"),
        "short lines": _with(f"{encoding}: base64", "\r\n".join(whole[i:i + 3] for i in range(0, len(whole), 3)) + "\r\n"),
        "one long line": _with(f"{encoding}: base64", _lines(content + b" " * 3000, 10**6)),
        "blank lines": _with(f"{encoding}: base64", f"\r\n\r\n{whole[:middle]}\r\n\r\n{whole[middle:]}\r\n"),
        "case": _with("CONTENT-TRANSFER-ENCODING: BaSe64", lines),
        "blank before the colon": _with(f"{encoding} : base64", lines),
        "no blank after the colon": _with(f"{encoding}:base64", lines),
        "folded value": _with(f"{encoding}:\r\n base64", lines),
        "folded in the word": _with(f"{encoding}: ba\r\n se64", lines),
        "comment before": _with(f"{encoding}: (comment) base64", lines),
        "comment after": _with(f"{encoding}: base64 (comment)", lines),
        "quoted value": _with(f'{encoding}: "base64"', lines),
        "semicolon": _with(f"{encoding}: base64;", lines),
        "unknown name": _with(f"{encoding}: x-base-64", lines),
        "other name": _with(f"{encoding}: secret", lines),
        "first of two": _with(f"{encoding}: base64\r\n{encoding}: 7bit", lines),
        "second of two": _with(f"{encoding}: 7bit\r\n{encoding}: base64", lines),
        "base64 and quoted-printable": _with(f"{encoding}: base64\r\n{encoding}: quoted-printable", lines),
        "quoted-printable": _with(f"{encoding}: quoted-printable", quoted + "\r\n"),
        "quoted-printable with blanks": _with(f"{encoding}: quoted-printable", quoted.replace("=\r\n", "= \t\r\n") + "\r\n"),
        "uuencode": _with("X-A: b", _uuencoded(content)),
        "uuencode, declared": _with(f"{encoding}: x-uuencode", _uuencoded(content)),
        "uuencode in base64": _with(f"{encoding}: base64", _lines(_uuencoded(content).encode())),
        "yEnc": _with("X-A: b", _yencoded(content)),
        "BinHex": _with("X-A: b", _binhexed(content)),
        "data: URL": f'Content-Type: text/html\r\n\r\n<a href="data:application/zip;base64,{whole}">x</a>\r\n',
        "data: URL in base64": f'Content-Type: text/html\r\n{encoding}: base64\r\n\r\n'
                               + _lines(f'<a href="data:application/zip;base64,{whole}">x</a>\r\n'.encode()),
        "message in base64": f"Content-Type: message/rfc822\r\n{encoding}: base64\r\n\r\n" + _lines(inner.encode()),
        "message as a file": _with(f"{encoding}: base64", _lines(inner.encode())),
        "no type": f"{encoding}: base64\r\n\r\n{lines}",
        "by disposition": f"Content-Disposition: attachment; filename=a.bin\r\n{encoding}: base64\r\n\r\n{lines}",
        **{name: _with_type("ms-tnef", _lines(stream)) for name, stream in tnef.kinds(content).items()},
        "TNEF by its first octets": _with(f"{encoding}: base64", _lines(tnef.stream(tnef.attached(content)))),
        "TNEF in quoted-printable": _with(f"{encoding}: quoted-printable", _quoted(tnef.stream(tnef.attached(content)))),
        "UTF-7": "Content-Type: text/plain; charset=utf-7\r\n\r\n+"
                 + base64.b64encode(content.decode().encode("utf-16-be")).decode().rstrip("=") + "-\r\n",
        "UTF-16": f"Content-Type: text/plain; charset=utf-16\r\n{encoding}: base64\r\n\r\n" + _lines(content.decode().encode("utf-16")),
    }


def _multipart(boundary_parameter, first, last, boundary="b", kind="multipart/mixed"):
    return (lambda part: f"{VERSION}Content-Type: {kind}{boundary_parameter}\r\n\r\n{first}--{boundary}\r\n{part}\r\n{last}")


def structures():
    """{name: function(part) that returns a message}"""
    end, text = "--b--\r\n", f"--b\r\n{TEXT}\r\n"
    mixed = f"{VERSION}Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    inner = "Content-Type: multipart/alternative; boundary=c\r\n\r\n"
    normal = _multipart("; boundary=b", text, end)
    return {
        "one part": lambda part: VERSION + part,
        "multipart": normal,
        "quoted boundary": _multipart('; boundary="b"', text, end),
        "blanks around the boundary": _multipart('; boundary = "b" ', text, end),
        "escaped boundary": _multipart('; boundary="\\b"', text, end),
        "boundary in capitals": _multipart("; BOUNDARY=b", text, end),
        "commented boundary": _multipart("; (c) boundary=b (d)", text, end),
        "continued boundary": _multipart("; boundary*0=b; boundary*1=c", "", "--bc--\r\n", "bc"),
        "encoded boundary": _multipart("; boundary*=us-ascii'en'%62", text, end),
        "folded boundary": _multipart(";\r\n\tboundary=\r\n b", text, end),
        "two boundaries": _multipart("; boundary=a; boundary=b", text, end),
        "two types": _multipart("; boundary=a\r\nContent-Type: multipart/mixed; boundary=b", text, end),
        "two types, the first one": _multipart("; boundary=b\r\nContent-Type: text/plain", text, end),
        "empty boundary": _multipart('; boundary=""', "", "----\r\n", ""),
        "no boundary": _multipart("", text, end),
        "no semicolon": _multipart(" boundary=b", text, end),
        "declared as text": _multipart("; boundary=b", text, end, kind="text/plain"),
        "declared as unknown": _multipart("; boundary=b", text, end, kind="x-mixed"),
        "boundary that begins with another": lambda part: f"{mixed}--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n{part}\r\n--bb--\r\n{end}",
        "the same boundary within": lambda part: f"{mixed}--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}\r\n{end}{end}",
        "nested": lambda part: f"{mixed}--b\r\n{inner}--c\r\n{TEXT}\r\n--c\r\n{part}\r\n--c--\r\n{end}",
        "nested without an inner end": lambda part: f"{mixed}--b\r\n{inner}--c\r\n{TEXT}\r\n--c\r\n{part}\r\n{end}",
        "no end": _multipart("; boundary=b", text, ""),
        "in the preamble": lambda part: f"{mixed}{part}\r\n{text}{end}",
        "in the epilogue": lambda part: f"{mixed}{text}{end}{part}\r\n",
        "after the end": lambda part: f"{mixed}{text}{end}--b\r\n{part}\r\n{end}",
        "blanks after the delimiter": lambda part: f"{mixed}--b \t\r\n{part}\r\n--b-- \r\n",
        "blanks before the delimiter": lambda part: f"{mixed}{text} --b\r\n{part}\r\n\t--b--\r\n",
        "message": lambda part: f"{mixed}--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n{VERSION}{part}\r\n{end}",
        "no version": lambda part: normal(part).replace(VERSION, ""),
        "byte order mark first": lambda part: "\xef\xbb\xbf" + normal(part),
        "blank line first": lambda part: "\r\n" + normal(part),
        "mbox line first": lambda part: "From a@example.org Thu Jan  1 00:00:00 2026\r\n" + normal(part),
        "stray line in the header": lambda part: normal(part).replace("\r\nContent", "\r\nThis is no field\r\nContent"),
        "blanks in the empty line": lambda part: normal(part).replace("\r\n\r\n", "\r\n \r\n"),
        "bare LF": lambda part: normal(part).replace("\r\n", "\n"),
        "bare CR": lambda part: normal(part).replace("\r\n", "\r"),
        "CR CR LF": lambda part: normal(part).replace("\r\n", "\r\r\n"),
        "mixed line ends": lambda part: normal(part).replace("\r\nContent", "\nContent").replace("\r\n--b", "\r--b"),
    }


# valid: what the standards allow, and mail programs read alike; edge: allowed, but read by few programs; odd: a common deviation; invalid:
# what no standard gives a meaning. Each has the reading that reveals the content. What is not here is valid, read as declared.
LABELS = ["valid", "edge", "odd", "invalid"]
READINGS_OF_ENCODINGS = {
    "no padding": ("odd", "base64 ends without padding"),
    "padding within": ("odd", "base64 goes on after padding"),
    "more after padding": ("invalid", "base64 ends at its padding"),
    "junk": ("edge", "other characters in base64 are ignored"),
    "a line of junk": ("odd", "a line that is no base64 is ignored"),
    "short lines": ("edge", "lines of base64 are joined, whatever their length"),
    "one long line": ("odd", "a line of base64 may be longer than 998 octets"),
    "blank lines": ("edge", "empty lines in base64 are ignored"),
    "blank before the colon": ("odd", "blanks before the colon do not count"),
    "folded value": ("edge", "a value may be folded"),
    "folded in the word": ("invalid", "a word may be folded"),
    "comment before": ("edge", "comments do not count"),
    "comment after": ("edge", "comments do not count"),
    "quoted value": ("odd", "an encoding may be quoted"),
    "semicolon": ("odd", "what follows an encoding does not count"),
    "unknown name": ("invalid", "an unknown encoding may be base64"),
    "other name": ("invalid", "an unknown encoding may be base64"),
    "first of two": ("odd", "the first encoding counts"),
    "second of two": ("invalid", "the last encoding counts"),
    "base64 and quoted-printable": ("invalid", "either encoding counts"),
    "quoted-printable with blanks": ("edge", "blanks after a soft line break do not count"),
    "uuencode": ("edge", "uuencode in a text"),
    "uuencode, declared": ("edge", "uuencode as an encoding"),
    "uuencode in base64": ("edge", "uuencode in a decoded text"),
    "yEnc": ("edge", "yEnc in a text"),
    "BinHex": ("edge", "BinHex in a text"),
    "data: URL": ("edge", "a data: URL in HTML"),
    "data: URL in base64": ("edge", "a data: URL in decoded HTML"),
    "message in base64": ("invalid", "an encoding of a message counts"),
    "message as a file": ("edge", "a file may be a message"),
    "no type": ("edge", "a part without a type may be a file"),
    "TNEF": ("edge", "TNEF"),
    "TNEF, binary property": ("edge", "TNEF: content in a property"),
    "TNEF, OLE object": ("edge", "TNEF: an object"),
    "TNEF, message within": ("edge", "TNEF: a message in a message"),
    "TNEF, RTF": ("edge", "TNEF: compressed RTF"),
    "TNEF by its first octets": ("odd", "TNEF without its type"),
    "TNEF in quoted-printable": ("edge", "TNEF"),
    "UTF-7": ("edge", "UTF-7"),
    "UTF-16": ("edge", "UTF-16"),
}
READINGS_OF_STRUCTURES = {
    "blanks around the boundary": ("odd", "blanks around a parameter do not count"),
    "escaped boundary": ("edge", "a backslash in a quoted boundary does not count"),
    "commented boundary": ("edge", "comments do not count"),
    "continued boundary": ("edge", "RFC 2231 continues a boundary"),
    "encoded boundary": ("edge", "RFC 2231 encodes a boundary"),
    "folded boundary": ("edge", "a parameter may be folded"),
    "two boundaries": ("invalid", "the last boundary counts"),
    "two types": ("invalid", "the last type counts"),
    "two types, the first one": ("odd", "the first type counts"),
    "empty boundary": ("invalid", "a boundary may be empty"),
    "no boundary": ("invalid", "any line with two dashes is a delimiter"),
    "no semicolon": ("odd", "a semicolon may be missing"),
    "declared as text": ("invalid", "a text may have parts"),
    "declared as unknown": ("invalid", "an unknown type may have parts"),
    "boundary that begins with another": ("edge", "the longest delimiter counts"),
    "the same boundary within": ("invalid", "a boundary may be that of two multiparts"),
    "nested without an inner end": ("odd", "an outer delimiter ends an inner multipart"),
    "no end": ("odd", "the end of the message ends a multipart"),
    "in the preamble": ("invalid", "the preamble has parts"),
    "in the epilogue": ("invalid", "the epilogue has parts"),
    "after the end": ("invalid", "delimiters count after the end"),
    "blanks after the delimiter": ("edge", "blanks after a delimiter do not count"),
    "blanks before the delimiter": ("invalid", "blanks before a delimiter do not count"),
    "no version": ("odd", "MIME without its version"),
    "byte order mark first": ("invalid", "a mark before the header does not count"),
    "blank line first": ("invalid", "blank lines before the header do not count"),
    "mbox line first": ("odd", "an mbox line before the header does not count"),
    "stray line in the header": ("invalid", "a line that is no field does not end the header"),
    "blanks in the empty line": ("odd", "a line of blanks ends the header"),
    "bare LF": ("odd", "LF ends a line"),
    "bare CR": ("invalid", "CR ends a line"),
    "CR CR LF": ("invalid", "CR CR LF ends a line"),
    "mixed line ends": ("invalid", "CR and LF end a line"),
}


def labels(names):
    """{name of a mail: (label, readings)}; the label is the worse one of its encoding and its structure."""
    found = {}
    for how in READINGS_OF_ENCODINGS.keys() | encodings(b"x" * 40).keys():
        for where in structures():
            both = [READINGS_OF_ENCODINGS.get(how, ("valid", "")), READINGS_OF_STRUCTURES.get(where, ("valid", ""))]
            found[f"{how}, {where}"] = (max((label for label, _ in both), key=LABELS.index), [reading for _, reading in both if reading])
    return {name: found[name] for name in names}


def corpus(content):
    """{name: message}, as octets that end with CRLF, as on the wire."""
    header = "From: jansen@example.org\r\nTo: bob@example.com\r\nSubject: odd\r\n"

    def message(build, part):
        whole = build(part)
        first = next((lead for lead in ("\xef\xbb\xbf", "\r\n", "From a@example.org Thu Jan  1 00:00:00 2026\r\n") if whole.startswith(lead)), "")
        end = "\n" if "\r\n" not in whole else "\r" if "\n" not in whole else "\r\n"
        text = first + header.replace("\r\n", end) + whole[len(first):]
        return (text if text.endswith("\r\n") else f"{text}\r\n").encode("latin-1")
    return {f"{how}, {where}": message(build, part) for how, part in encodings(content).items() for where, build in structures().items()}
