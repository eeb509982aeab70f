#!/usr/bin/env python3
r"""Compares mail/mime_parts with what other programs extract from the same messages. Run by hand:

    lab/mime_oracles.py PROBE [--only NAME,...] [--keep DIRECTORY] [MESSAGE or DIRECTORY ...]

PROBE is build/tests/tools/mime_parts.

Without messages: lab/odd_mime's corpus and mutations of ordinary
mails, with a fixed seed. Each program that is not installed is left out. In Debian: mpack, ripmime, libmime-tools-perl,
libemail-mime-perl, ruby-mail, libgmime-3.0-dev, maildrop, nmh, python3.

A part that a program extracts counts if it has 8 octets or more and does not stand verbatim in the message. It is
  exact      if mime_parts reports it byte for byte; if mime_plain accepts the message, if every program of STANDARD
             extracts it, for mime_parts is not asked then,
  contained  if what is reported, or what each of these extracts, contains it, but for the form of its line ends and
             blank lines at its end,
  MISSED     otherwise. "marker": the part has the marker of a generated mail, and nothing that is reported has it.
With clamscan, that engine must find the marker in every plain message in which a program found it."""

import argparse
import base64
import collections
import hashlib
import os
import pathlib
import quopri
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab import odd_mime  # noqa: E402

MARKER = b"POSTERN-ORACLE-MARKER-0123456789"
CONTENT = b"The first line before it, with = and ~.\r\n" + MARKER + b"\r\nand a line after it; the end of the file\r\n"
MUTATIONS, SEED, OCTETS_MIN = 1000, 20261130, 8
STANDARD = ("python", "gmime")

# Each program reads pairs of arguments from its input, one a line: a message, and a directory for its parts.
PYTHON = r"""
import email, email.policy, sys
policy = {"compat32": email.policy.compat32, "default": email.policy.default}[sys.argv[1]]
for pair in sys.stdin:
    path, out = pair.split()
    try:
        message = email.message_from_binary_file(open(path, "rb"), policy=policy)
        for i, part in enumerate(message.walk()):
            content = None if part.is_multipart() else part.get_payload(decode=True)
            if content:
                open(f"{out}/{i}", "wb").write(content)
    except Exception as e:
        print("python", path, repr(e), file=sys.stderr)
"""

PERL_PARSER = r"""
use MIME::Parser;
my $n = 0;
sub leaves { my ($entity, $out) = @_;
    if ($entity->parts) { leaves($_, $out) for $entity->parts; return; }
    my $body = $entity->bodyhandle or return;
    open my $file, '>:raw', "$out/" . $n++ or die; print $file $body->as_string; close $file;
}
while (<STDIN>) { my ($path, $out) = split; $n = 0;
    for my $uu (0, 1) { my $parser = MIME::Parser->new; $parser->output_to_core(1); $parser->tmp_to_core(1);
        $parser->extract_uuencode($uu); $parser->ignore_errors(1);
        eval { leaves($parser->parse_open($path), $out) }; }
}
"""

PERL_EMAIL = r"""
use Email::MIME;
while (<STDIN>) { my ($path, $out) = split; my $n = 0;
    open my $in, '<:raw', $path or die; local $/; my $text = <$in>; close $in;
    eval { Email::MIME->new($text)->walk_parts(sub { my $part = shift; return if $part->subparts;
        open my $file, '>:raw', "$out/" . $n++ or die; print $file $part->body; close $file; }) };
    $/ = "\n";
}
"""

RUBY = r"""
require "mail"
def leaves(part, found)
  return part.parts.each { |p| leaves(p, found) } if part.multipart?
  found << part.body.decoded
  found << part.decoded if part.attachment?
end
STDIN.each_line do |pair|
  path, out = pair.split
  found = []
  begin
    leaves(Mail.new(File.binread(path)), found)
  rescue StandardError, SystemStackError
  end
  found.each_with_index { |content, i| File.binwrite("#{out}/#{i}", content.to_s.b) }
end
"""

GMIME = r"""
#include <gmime/gmime.h>
#include <stdio.h>
static int n;
static void leaves(GMimeObject *object, const char *out)
{
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (message && g_mime_message_get_mime_part(message))
            leaves(g_mime_message_get_mime_part(message), out);
    } else if (GMIME_IS_MULTIPART(object)) {
        for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); i++)
            leaves(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), out);
    } else if (GMIME_IS_PART(object)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
        GMimeStream *stream = g_mime_stream_mem_new();
        char path[4096];
        snprintf(path, sizeof path, "%s/%d", out, n++);
        if (content && g_mime_data_wrapper_write_to_stream(content, stream) >= 0) {
            GByteArray *octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
            FILE *file = fopen(path, "wb");
            fwrite(octets->data, 1, octets->len, file);
            fclose(file);
        }
        g_object_unref(stream);
    }
}
int main(void)
{
    char path[4096], out[4096];
    g_mime_init();
    while (scanf("%4095s %4095s", path, out) == 2) {
        GMimeStream *stream = g_mime_stream_file_open(path, "rb", NULL);
        GMimeParser *parser = g_mime_parser_new_with_stream(stream);
        GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
        n = 0;
        if (message && g_mime_message_get_mime_part(message))
            leaves(g_mime_message_get_mime_part(message), out);
        if (message)
            g_object_unref(message);
        g_object_unref(parser);
        g_object_unref(stream);
    }
    return 0;
}
"""


def _stream(*command):
    def run(pairs, work):
        lines = "".join(f"{path} {out}\n" for path, out in pairs)
        subprocess.run([*command], input=lines.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600)
    return run


def _each(command):
    """A program that is run for each message, within the directory for its parts; the message has the line ends of Unix,
    as such programs expect."""
    def run(pairs, work):
        for given_path, out in pairs:
            path = str(work / "unix")
            pathlib.Path(path).write_bytes(pathlib.Path(given_path).read_bytes().replace(b"\r\n", b"\n"))
            try:
                subprocess.run(command(path, out), cwd=out, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=os.environ | {"HOME": str(work), "MH": f"{work}/.mh_profile"}, check=False, timeout=20)
            except subprocess.TimeoutExpired:
                print("time is up:", command(path, out), file=sys.stderr)
    return run


def _gmime(pairs, work):
    source, program = work / "gmime.c", work / "gmime-reader"
    source.write_text(GMIME)
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "gmime-3.0"], text=True).split()
    subprocess.run(["gcc", "-O1", str(source), "-o", str(program), *flags], check=True)
    _stream(str(program))(pairs, work)


def _nmh(pairs, work):
    (work / ".mh_profile").write_text(f"Path: {work}/Mail\n")
    (work / "Mail").mkdir(exist_ok=True)
    mhstore = shutil.which("mhstore") or "/usr/bin/mh/mhstore"
    _each(lambda path, out: [mhstore, "-auto", "-clobber", "auto", "-file", path])(pairs, work)


def _has(*command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


ORACLES = {
    "python": (_stream(sys.executable, "-c", PYTHON, "compat32"), lambda: True),
    "python-default": (_stream(sys.executable, "-c", PYTHON, "default"), lambda: True),
    "gmime": (_gmime, lambda: _has("pkg-config", "--exists", "gmime-3.0")),
    "mime-tools": (_stream("perl", "-e", PERL_PARSER), lambda: _has("perl", "-MMIME::Parser", "-e1")),
    "email-mime": (_stream("perl", "-e", PERL_EMAIL), lambda: _has("perl", "-MEmail::MIME", "-e1")),
    "ruby-mail": (_stream("ruby", "-e", RUBY), lambda: _has("ruby", "-rmail", "-e1")),
    "munpack": (_each(lambda path, out: ["munpack", "-q", "-t", "-C", out, path]), lambda: shutil.which("munpack")),
    "ripmime": (_each(lambda path, out: ["ripmime", "-i", path, "-d", out]), lambda: shutil.which("ripmime")),
    "reformime": (_each(lambda path, out: ["sh", "-c", f"for s in $(reformime -i <'{path}' | sed -n 's/^section: //p'); do reformime -e -s $s <'{path}' >$s; done"]), lambda: shutil.which("reformime")),
    "nmh": (_nmh, lambda: shutil.which("mhstore") or os.path.exists("/usr/bin/mh/mhstore")),
}


# Mutations

def _part(fields, body):
    return b"".join(f.encode() + b"\r\n" for f in fields) + b"\r\n" + body


def _ordinary():
    """Mails as mail programs write them, each with the marker in an attachment."""
    lines = base64.encodebytes(CONTENT * 3).replace(b"\n", b"\r\n")
    quoted = quopri.encodestring(bytes(CONTENT).replace(b"\r\n", b"\n") * 2).replace(b"\n", b"\r\n").replace(b"MARKER", b"MARK=45R")
    text = _part(["Content-Type: text/plain; charset=utf-8"], b"Hello,\r\n\r\nsee below.\r\n-- \r\nJan\r\n")
    html = _part(["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"],
                 b"<p style=3D\"x\">Hello =E4=\r\n you</p>\r\n")
    file = _part(['Content-Type: application/octet-stream; name="a.bin"', "Content-Transfer-Encoding: base64",
                  'Content-Disposition: attachment; filename="a.bin"'], lines)
    quoted_file = _part(["Content-Type: application/x-sh; name=a.sh", "Content-Disposition: attachment",
                         "Content-Transfer-Encoding: quoted-printable"], quoted)
    header = ["From: jansen@example.org", "To: bob@example.com", "Subject: a mail", "MIME-Version: 1.0"]

    def multipart(boundary, parts, kind="mixed"):
        delimiter = f"--{boundary}".encode()
        return ([f'Content-Type: multipart/{kind}; boundary="{boundary}"'],
                b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n")

    alternative = _part(*multipart("=_inner", [text, html], "alternative"))
    for parts in ([text, file], [alternative, file], [text, quoted_file, file], [file], [text, file, quoted_file, html]):
        fields, body = multipart("----=_Part_1.23", parts)
        yield _part(header + fields, body)
        inner = _part(["Content-Type: message/rfc822"], _part(header + fields, body))
        fields, body = multipart("outer", [text, inner])
        yield _part(header + fields, body)
    yield b"".join(f.encode() + b"\r\n" for f in header) + file
    yield b"".join(f.encode() + b"\r\n" for f in header) + quoted_file
    uu = odd_mime._uuencoded(CONTENT * 2).encode()
    yield _part(header[:3], b"Hello,\r\n\r\n" + uu + b"\r\nJan\r\n")
    yield _part(header + ["Content-Type: application/octet-stream; name=a.bin", "Content-Transfer-Encoding: x-uuencode"], uu)
    fields, body = multipart("b", [text, _part(["Content-Type: text/plain; name=a.txt"], uu)])
    yield _part(header + fields, body)


def _mutated_line(line, dice):
    """One of many small changes within a line, which is without its end."""
    at = dice.randrange(len(line) + 1)
    other = dice.choice([b"=", b"==", b"-", b"--", b" ", b"\t", b"\0", b"\r", b"\n", b"(", b")", b'"', b";", b":", b"\\", b".", b",", b"*",
                         b"\x80", b"a", b"A", b"~", b"\x0b", b"\x0c", b"'", b"/", b"=3D", b"=\r\n", b"\r\n\r\n", b"\r\r\n"])
    changes = [
        lambda: line[:at] + other + line[at:],
        lambda: line[:at] + line[at + 1:],
        lambda: line[:at] + other + line[at + 1:],
        lambda: line[:at],
        lambda: other + line,
        lambda: line + other,
        lambda: line.swapcase(),
        lambda: line.replace(b":", dice.choice([b" :", b":\r\n ", b"", b"::", b":\t", b";", b"\t:"]), 1),
        lambda: line.replace(b"; ", dice.choice([b" ", b";\r\n\t", b";;", b", ", b";", b"; (c) "]), 1),
        lambda: line.replace(b"=", dice.choice([b" = ", b"*=", b"*0=", b"", b"==", b"=\r\n "]), 1),
        lambda: line.replace(b'"', dice.choice([b"", b"'", b'\\"', b'""'])),
        lambda: line.replace(b"base64", dice.choice([b"x-base64", b"base-64", b"BASE64 ", b"b64", b'"base64"', b"base64;", b"7bit",
                                                     b"quoted-printable", b"uuencode", b"base64, 7bit", b"base64 8bit", b"(b) base64", b"ba se64"])),
        lambda: line.replace(b"multipart/", dice.choice([b"multipart ", b"Multipart/", b"multi-part/", b"text/", b"message/", b"multipart/x", b"/"])),
        lambda: line.replace(b"Content-", dice.choice([b"Content ", b"Content--", b"content_", b"X-Content-", b" Content-", b"Content-\t", b"=43ontent-"])),
        lambda: line.replace(b"Transfer-", b""),
        lambda: b" " + line,
        lambda: b"\t" + line.lstrip(b"-"),
        lambda: line.rstrip(b"-="),
        lambda: b"x" * dice.choice([900, 998, 1022, 1023, 1024, 4095, 8191]) + line,
    ]
    return dice.choice(changes)()


def _mutated(message, dice):
    lines = message.split(b"\r\n")
    for _ in range(dice.choice([1, 1, 1, 2, 2, 3])):
        # Lines of headers and delimiters, more often than those of contents.
        special = [i for i, line in enumerate(lines) if re.match(rb"[\w-]+:|--|begin|end|$|.*boundary", line)]
        at = dice.choice(special if special and dice.random() < 0.7 else range(len(lines)))
        to = dice.choice(special if special and dice.random() < 0.7 else range(len(lines)))
        kind = dice.randrange(9)
        if kind == 0 and len(lines) > 2:
            lines.insert(to, lines.pop(at))
        elif kind == 1:
            lines.insert(to, lines[at])
        elif kind == 2 and len(lines) > 2:
            lines.pop(at)
        elif kind == 3:
            end = dice.choice([b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b" \r\n"])
            if dice.random() < 0.3:
                return end.join(lines)
            lines[at:at + 2] = [end.join(lines[at:at + 2])]
        elif kind == 4:
            lines[at], lines[to] = lines[to], lines[at]
        else:
            lines[at] = _mutated_line(lines[at], dice)
    return b"\r\n".join(lines)


def generated():
    """{name: message}"""
    messages = {f"odd: {name}": message for name, message in odd_mime.corpus(CONTENT).items()}
    dice, ordinary = random.Random(SEED), list(_ordinary())
    messages |= {f"ordinary {i}": message for i, message in enumerate(ordinary)}
    for i in range(int(os.environ.get("MUTATIONS", MUTATIONS))):
        messages[f"mutation {i} of {i % len(ordinary)}"] = _mutated(ordinary[i % len(ordinary)], dice)
    return messages


def given(paths):
    files = [file for path in map(pathlib.Path, paths) for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file()]
    return {str(file): file.read_bytes() for file in files}


# Comparison

def _lines_alike(octets):
    """Without blank lines, and each line ends with an LF."""
    return re.sub(rb"[\r\n]+", b"\n", octets)


def _probe(probe, paths, work):
    """[(is plain, contents)] of each message."""
    out = work / "reported"
    out.mkdir()
    answers, part = [], 0
    for start in range(0, len(paths), 500):
        directory = out / str(start)
        directory.mkdir()
        text = subprocess.run([probe, "-w", directory, *paths[start:start + 500]], stdout=subprocess.PIPE, check=True).stdout.decode()
        for line in text.splitlines():
            if not line.startswith(" "):
                answers.append((line.endswith("plain=1"), []))
                part = 0
            elif not line.startswith(" result="):
                answers[-1][1].append((directory / f"{len(answers) - 1 - start}.{part}").read_bytes())
                part += 1
    return answers


def _extracted(directory):
    return [file.read_bytes() for file in sorted(directory.rglob("*")) if file.is_file() and not file.is_symlink()]


class Message:
    def __init__(self, octets, answer):
        self.octets, (self.is_plain, self.reported) = octets, answer
        self.alike = _lines_alike(octets)
        self.reported_alike = [_lines_alike(content) for content in self.reported]

    def counts(self, content):
        """Not if it is short, or stands in the message."""
        return len(content) >= OCTETS_MIN and content not in self.octets and _lines_alike(content).strip(b"\n") not in self.alike

    def verdict(self, content, standard):
        """By the contents that the programs of STANDARD extract."""
        alike, readings = _lines_alike(content).strip(b"\n"), standard if self.is_plain else [self.reported]
        if all(content in others for others in readings):
            return "exact, plain" if self.is_plain else "exact"
        if all(any(alike in other for other in map(_lines_alike, others)) for others in readings):
            return "contained, plain" if self.is_plain else "contained"
        is_seen = all(any(MARKER in other for other in others) for others in readings)
        return "MISSED" + (", plain" if self.is_plain else "") + (", marker" if MARKER in content and not is_seen else "")

    def share(self, content):
        """How much of the content is in what is reported or in the message, in windows of 16 octets."""
        alike, all_alike = _lines_alike(content), [self.alike, *self.reported_alike]
        windows = [alike[i:i + 16] for i in range(0, max(1, len(alike) - 15), max(1, len(alike) // 200))]
        return sum(any(window in other for other in all_alike) for window in windows) / len(windows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probe")
    parser.add_argument("messages", nargs="*")
    parser.add_argument("--only", help="names of programs, with commas")
    parser.add_argument("--keep", help="a directory for the messages and parts that are missed")
    options = parser.parse_intermixed_args()
    messages = given(options.messages) if options.messages else generated()
    with tempfile.TemporaryDirectory() as place:
        work = pathlib.Path(place)
        compare(options, messages, work)


def compare(options, messages, work):
    names = list(messages)
    (work / "in").mkdir()
    paths = [str(work / "in" / str(i)) for i in range(len(names))]
    for path, name in zip(paths, names):
        pathlib.Path(path).write_bytes(messages[name])
    known = [Message(messages[name], answer) for name, answer in zip(names, _probe(options.probe, paths, work))]
    print(f"{len(names)} messages, {sum(m.is_plain for m in known)} of them plain")
    chosen = [name for name, (_, is_here) in ORACLES.items() if is_here() and (not options.only or name in options.only.split(",") or name in STANDARD)]
    extracted = {}
    for oracle in chosen:
        outs = [work / oracle / str(i) for i in range(len(names))]
        for out in outs:
            out.mkdir(parents=True)
        ORACLES[oracle][0](list(zip(paths, map(str, outs))), work)
        extracted[oracle] = [_extracted(out) for out in outs]
        shutil.rmtree(work / oracle)
        count = collections.Counter()
        for i, message in enumerate(known):
            for content in extracted[oracle][i]:
                if not message.counts(content):
                    count["short or verbatim"] += 1
                    continue
                verdict = message.verdict(content, [extracted[name][i] for name in STANDARD if name in extracted])
                count[verdict] += 1
                if verdict.startswith("MISSED"):
                    print(f"{oracle}: {verdict}: {names[i]}: {len(content)} octets, {message.share(content):.0%} seen: {content[:60]!r}")
                    keep(options.keep, oracle, i, message, content)
        print(f"== {oracle}: {sum(count.values())} parts: " + ", ".join(f"{count[key]} {key}" for key in sorted(count)), flush=True)


    if shutil.which("clamscan"):
        must_find = [i for i, m in enumerate(known) if m.is_plain and MARKER not in m.octets
                     and any(MARKER in content for contents in extracted.values() for content in contents[i])]
        found = engine([paths[i] for i in must_find], work)
        for i in must_find:
            if paths[i] not in found:
                print(f"clamscan: MISSED, plain: {names[i]}: {[oracle for oracle in extracted if any(MARKER in c for c in extracted[oracle][i])]}")
        print(f"== clamscan: {len(must_find)} plain messages with the marker, {len(found)} found")


def engine(paths, work):
    """Those in which clamscan finds the marker."""
    (work / "marker.ndb").write_text(f"Marker:0:*:{MARKER.hex()}\n")
    (work / "list").write_text("".join(f"{path}\n" for path in paths))
    answer = subprocess.run(["clamscan", "--no-summary", "-d", work / "marker.ndb", f"--file-list={work / 'list'}"], stdout=subprocess.PIPE, check=False).stdout
    return {line.rsplit(": ", 1)[0] for line in answer.decode().splitlines() if line.endswith("FOUND")}


def keep(directory, oracle, i, message, content):
    if directory:
        place = pathlib.Path(directory)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i}.eml").write_bytes(message.octets)
        (place / f"{i}.{oracle}.{hashlib.sha256(content).hexdigest()[:8]}").write_bytes(content)
        for n, other in enumerate(message.reported):
            (place / f"{i}.reported.{n}").write_bytes(other)


if __name__ == "__main__":
    main()
