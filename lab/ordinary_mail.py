"""Ordinary mail of many kinds: what mail programs, newsletters, mailing lists, servers and scripts send. It is clean, and it hides nothing."""

import base64
import binascii
import email.header
import hashlib
import quopri
import random

from lab import odd_mime, tnef

WORDS = ("the report of last week shows that our new office in Lyon needs more chairs, and the printer on the second floor is still "
         "waiting for its paper tray; could you please call Mr. Dupont before Thursday and ask him about the invoice of March").split()
ACCENTED = "café naïve Straße żółć señor você Ελλάδα привет 日本語 für première".split()
EPILOGUES = ["", "", "", "\r\n", "\r\n-- \r\nA footer that a gateway added: https://gateway.example/\r\n"]
PREAMBLES = ["", "", "This is a multi-part message in MIME format.\r\n", "This is a multi-part message in MIME format...\r\n\r\n",
             "This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n", "  This message is in MIME format.  The first part should be readable text,\r\n"
             "  while the remaining parts are likely unreadable without MIME-aware tools.\r\n\r\n"]


class Writer:
    """Writes mails; the same seed gives the same mails."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def words(self, count):
        return " ".join(self.dice.choice(ACCENTED if self.dice.random() < 0.1 else WORDS) for _ in range(count))

    def text(self, paragraphs=None):
        lines = []
        for _ in range(paragraphs or self.dice.randrange(1, 6)):
            words, line = self.words(self.dice.randrange(5, 60)).split(), ""
            for word in words:
                if len(line) + len(word) > 70:
                    lines.append(line)
                    line = ""
                line = f"{line} {word}" if line else word
            lines += [line, ""]
        if self.dice.random() < 0.4:
            lines += ["-- ", "Jan Jansen", "+33 1 23 45 67 89"]
        if self.dice.random() < 0.2:
            lines = ["On Thursday, Bob wrote:"] + [f"> {line}" for line in lines] + ["", "I agree."]
        return "".join(f"{line}\r\n" for line in lines)

    def html(self):
        style = '<style type="text/css">\r\n.a { width: 100%; background: url(https://news.example/a.png) }\r\n</style>'
        body = "".join(f'<p class="a">{line}</p>\r\n' for line in self.text().split("\r\n") if line)
        return f'<!DOCTYPE html>\r\n<html><head>{style}</head>\r\n<body>\r\n{body}<a href="https://news.example/?a=1&amp;b=2">x</a>\r\n</body></html>\r\n'

    def octets(self, most=4000):
        return self.dice.randbytes(self.dice.randrange(20, most))

    def boundary(self):
        number, digits = self.dice.randrange(10**9), f"{self.dice.getrandbits(96):024X}"
        return self.dice.choice([
            f"----=_NextPart_000_{number:04X}_01D8A1B2.{digits[:8]}", f"----=_Part_{number}_{number % 977}.{digits[:13]}", f"Apple-Mail=_{digits}",
            f"===============_{number}==", f"_----------=_MCPart_{number}", f"b1_{digits.lower()}", f"{digits.lower()[:28]}", f"=-{digits[:20]}",
            f"------------{digits}", f"_000_{digits}EURPRD01_", f"--boundary_{number % 90}_{digits.lower()}", f"{number}", f"alt-{number}", f"Boundary-00=_{digits[:12]}",
            f"=_{digits.lower()}", f"mimepart_{digits.lower()}", f"--{digits[:12]}"])

    # Parts: each is its fields, an empty line and its body.

    def encoded_text(self, text, subtype="plain"):
        charset = self.dice.choice(["utf-8", "UTF-8", '"utf-8"', "utf-8; format=flowed"])
        kind = f"Content-Type: text/{subtype}; charset={charset}"
        how = self.dice.randrange(5)
        if how == 0:
            return f"{kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{odd_mime._lines(text.encode())}"
        if how == 1:
            quoted = quopri.encodestring(text.replace("\r\n", "\n").encode()).decode().replace("\n", "\r\n")
            return f"{kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}"
        if how == 2:
            return f"Content-Transfer-Encoding: {self.dice.choice(['8bit', '8BIT', 'binary'])}\r\n{kind}\r\n\r\n{text}"
        if how == 3:
            plain = text.encode("ascii", "replace").decode()
            return self.dice.choice(["\r\n", f"Content-Type: text/{subtype}\r\n\r\n", f"Content-Type: text/{subtype}; charset=us-ascii\r\n\r\n"]) + plain
        return f"{kind}\r\nContent-Transfer-Encoding: {self.dice.choice(['7bit', '8bit'])}\r\nContent-Language: en\r\n\r\n{text}"

    def file(self, kind="application/octet-stream", name=None, octets=None, disposition="attachment"):
        name = name or self.dice.choice(["a.pdf", "minutes of March.docx", "photo_1.JPG", "r\u00e9sum\u00e9.odt"])
        plain = name.encode("ascii", "replace").decode()
        fields = [f'Content-Type: {kind}; name="{plain}"', f'Content-Disposition: {disposition}; filename="{plain}"', "Content-Transfer-Encoding: base64"]
        if plain != name:
            fields[1] = f"Content-Disposition: {disposition};\r\n filename*=utf-8''r%C3%A9sum%C3%A9.odt"
        self.dice.shuffle(fields)
        return "\r\n".join(fields) + f"\r\n\r\n{odd_mime._lines(self.octets() if octets is None else octets)}"

    def multipart(self, parts, kind="mixed", more="", boundary=None, end=True):
        boundary = boundary or self.boundary()
        quote = '"' if any(c in boundary for c in " /:?()<>@,;[]") or self.dice.random() < 0.7 else ""
        fold = self.dice.choice([" ", "\r\n\t", "\r\n "])
        fields = f"Content-Type: multipart/{kind};{more}{fold}boundary={quote}{boundary}{quote}\r\n"
        if self.dice.random() < 0.1:
            fields += f"Content-Transfer-Encoding: {self.dice.choice(['7bit', '8bit', 'quoted-printable', '7Bit'])}\r\n"
        gap = self.dice.choice(["", "\r\n"])
        body = "".join(f"--{boundary}\r\n{part}{gap}\r\n" if not part.endswith("\r\n\r\n") else f"--{boundary}\r\n{part}" for part in parts)
        return f"{fields}\r\n{self.dice.choice(PREAMBLES)}{body}" + (f"--{boundary}--\r\n{self.dice.choice(EPILOGUES)}" if end else "")

    def alternative(self):
        text = self.text()
        return self.multipart([self.encoded_text(text), self.encoded_text(self.html(), "html")], "alternative")

    # Headers

    def header(self, version=True):
        number = self.dice.randrange(10**9)
        subject = self.words(5)
        subject = self.dice.choice([subject, f"Re: {subject}", str(email.header.Header(subject, "utf-8", maxlinelen=60)).replace("\n", "\r\n"), "", "a" * 120])
        name = self.dice.choice(["Jan Jansen", '"Jansen, Jan"', "=?utf-8?Q?Ren=C3=A9?=", "René Müller"])
        fields = [
            f"Return-Path: <jansen-{number}@sender.example>",
            f"Received: from mx.sender.example (mx.sender.example [203.0.113.{number % 250}])\r\n\tby mx.provider.example (Postfix) with ESMTPS id {number:X}\r\n"
            "\tfor <bob@provider.example>; Sat,  5 Feb 2022 14:30:17 +0100 (CET)",
            f"From: {name} <jansen@sender.example>", "To: bob@provider.example", "Date: Sat, 05 Feb 2022 14:30:34 +0100", f"Subject: {subject}",
            f"Message-ID: <{number}@sender.example>"]
        if version:
            fields.insert(self.dice.randrange(1, len(fields)), self.dice.choice(["MIME-Version: 1.0", "Mime-Version: 1.0 (Apple Message framework v1085)"]))
        if self.dice.random() < 0.3:
            fields.append("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=a;\r\n\th=from:to:subject;\r\n\tbh="
                          f"{base64.b64encode(self.dice.randbytes(32)).decode()};\r\n\tb={base64.b64encode(self.dice.randbytes(64)).decode()}")
        if self.dice.random() < 0.2:
            fields += ["List-Unsubscribe: <https://news.example/u>,\r\n <mailto:u@news.example>", "Precedence: bulk", "X-Mailer: news 1.0"]
        if self.dice.random() < 0.05:
            fields.insert(3, "X-Odd-Comment: a\r\n \r\n b")
        if self.dice.random() < 0.05:
            fields.insert(4, "a line of a header that somebody folded without a blank")
        return "".join(f"{field}\r\n" for field in fields)

    # Mails

    def plain(self):
        return self.header(self.dice.random() < 0.5) + self.encoded_text(self.text())

    def newsletter(self):
        alternative = self.alternative()
        if self.dice.random() < 0.3:
            name = f"a{self.dice.randrange(99)}"
            inner = self.multipart([self.encoded_text(self.text()), self.encoded_text(self.html(), "html")], "alternative", boundary=f"{name}-alt")
            return self.header() + self.multipart([inner, self.file("image/gif", "a.gif", disposition="inline")], "related", ' type="multipart/alternative";', name)
        if self.dice.random() < 0.5:
            return self.header() + self.multipart([alternative, self.file("image/png", "logo.png", disposition="inline")], "related", ' type="multipart/alternative";')
        return self.header() + alternative

    def attachments(self):
        parts = [self.dice.choice([self.encoded_text(self.text()), self.alternative()])] + [self.file() for _ in range(self.dice.randrange(1, 4))]
        return self.header() + self.multipart(parts)

    def only_a_file(self):
        return self.header() + self.file("application/pdf")

    def any_inner(self, depth=0):
        return self.dice.choice([self.plain, self.newsletter, self.attachments, *([] if depth > 2 else [lambda: self.forwarded(depth + 1)])])()

    def forwarded(self, depth=0):
        blank = "\r\n" if self.dice.random() < 0.1 else ""
        part = f"Content-Type: message/rfc822{self.dice.choice(['', '; name=x.eml', chr(13) + chr(10) + 'Content-Disposition: inline'])}\r\n\r\n{blank}{self.any_inner(depth)}"
        return self.header() + self.multipart([self.encoded_text(self.text(1)), part])

    def bounce(self):
        original = self.any_inner(2)
        how = self.dice.randrange(4)
        status = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.provider.example\r\nArrival-Date: Sat, 05 Feb 2022 14:30:34 +0100\r\n\r\n" \
                 "Final-Recipient: rfc822; nobody@sender.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown\r\n"
        if how == 0:
            return self.header(False) + "\r\nHi. This is the program at mx.example.\r\nI was not able to deliver your message.\r\n\r\n<nobody@sender.example>:\r\n" \
                "no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n" + original
        if how == 1:
            original = original[:len(original) * self.dice.randrange(10, 90) // 100].rpartition("\r\n")[0] + "\r\n"
        if how == 2:
            part = f"Content-Type: text/rfc822-headers\r\n\r\n{original.split(chr(13) + chr(10) * 1 + chr(13) + chr(10))[0]}\r\n"
        else:
            part = f"Content-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{original}"
        return self.header() + self.multipart([self.encoded_text(self.text(1)), status, part], "report", " report-type=delivery-status;")

    def receipt(self):
        note = "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;bob@provider.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
        report = "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
        first, kind = self.dice.choice([(note, "disposition-notification"), (report, "feedback-report")])
        return self.header() + self.multipart([self.encoded_text(self.text(1)), first, f"Content-Type: message/rfc822\r\n\r\n{self.any_inner(2)}"], "report",
                                              f" report-type={kind};")

    def digest(self):
        count = self.dice.randrange(2, 6)
        if self.dice.random() < 0.3:
            letters = [f"{self.header()}\r\n{self.text()}" for _ in range(count)]
            return self.header() + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + self.text(1) + "-" * 70 + "\r\n\r\n" \
                + ("-" * 30 + "\r\n\r\n").join(letters) + "-" * 30 + "\r\n\r\nEnd of list Digest, Vol 1, Issue 2\r\n" + "*" * 34 + "\r\n"
        parts = [self.dice.choice(["\r\n", "Content-Type: message/rfc822\r\n\r\n", "Content-Type: message/rfc822\r\nMIME-Version: 1.0\r\n\r\n"]) + self.any_inner(2)
                 for _ in range(count)]
        return self.header() + self.multipart([self.encoded_text(self.text(1)), self.multipart(parts, "digest"), self.encoded_text("End of digest\r\n")])

    def signed(self):
        signature = "-----BEGIN PGP SIGNATURE-----\r\n\r\n" + odd_mime._lines(self.dice.randbytes(200), 64) + "=aB3d\r\n-----END PGP SIGNATURE-----\r\n"
        how = self.dice.randrange(4)
        if how == 0:
            text = self.text()
            return self.header() + "Content-Type: text/plain; charset=utf-8\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n" \
                + "".join(f"- {line}\r\n" if line.startswith("-") else f"{line}\r\n" for line in text.split("\r\n")) + signature
        inner = self.dice.choice([self.encoded_text(self.text()), self.alternative(), self.multipart([self.encoded_text(self.text()), self.file()])])
        if how == 1:
            return self.header() + self.multipart([inner, f"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n{signature}"], "signed",
                                                  ' micalg=pgp-sha256; protocol="application/pgp-signature";')
        if how == 2:
            armour = signature.replace("SIGNATURE", "MESSAGE")
            return self.header() + self.multipart(["Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
                                                   f"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n{armour}"], "encrypted",
                                                  ' protocol="application/pgp-encrypted";')
        return self.header() + self.multipart([inner, self.file("application/pkcs7-signature", "smime.p7s", b"0\x82" + self.octets())], "signed",
                                              ' micalg=sha-256; protocol="application/pkcs7-signature";')

    def invitation(self):
        calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1@sender.example\r\nDTSTART:20220205T143000Z\r\nSUMMARY:" \
            + self.words(6) + "\r\nDESCRIPTION:" + self.words(20).replace(",", "\\,")[:60] + "\\n\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        inner = self.multipart([self.encoded_text(self.text()), self.encoded_text(self.html(), "html"), self.encoded_text(calendar, "calendar; method=REQUEST")], "alternative")
        return self.header() + self.dice.choice([inner, self.multipart([inner, self.file("application/ics", "invite.ics", calendar.encode())])])

    def about_mime(self):
        """A mail that discusses MIME, with a whole mail in its text."""
        quoted = self.dice.choice([self.any_inner(2), self.multipart([self.encoded_text(self.text()), self.file()]), self.file()])
        prefix = self.dice.choice(["", "", "> ", "    ", "| "])
        text = self.text(1) + "\r\n" + "".join(f"{prefix}{line}\r\n" for line in quoted.split("\r\n")) + "\r\n--\r\n" + self.text(1)
        if self.dice.random() < 0.5:
            return self.header() + self.encoded_text(text)
        return self.header() + self.multipart([self.encoded_text(text), self.encoded_text(self.html(), "html")], self.dice.choice(["alternative", "mixed"]))

    def patch(self):
        added = self.dice.choice([self.text(), self.file(), self.attachments(), 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n--b--\r\n'])
        diff = "---\r\n tests/a.eml | 4 ++--\r\n 1 file changed\r\n\r\ndiff --git a/tests/a.eml b/tests/a.eml\r\n--- a/tests/a.eml\r\n+++ b/tests/a.eml\r\n@@ -1,4 +1,5 @@\r\n" \
            + "".join(f"{self.dice.choice('+- ')}{line}\r\n" for line in added.split("\r\n")) + "-- \r\n2.39.2\r\n\r\n"
        if self.dice.random() < 0.3:
            boundary = "------------2.39.2"
            return self.header() + f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\nThis is a multi-part message in MIME format.\r\n--{boundary}\r\n' \
                f"Content-Type: text/plain; charset=UTF-8; format=fixed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{self.text(1)}\r\n--{boundary}\r\n" \
                f'Content-Type: text/x-patch; name="0001-a.patch"\r\nContent-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment; filename="0001-a.patch"\r\n\r\n' \
                f"{diff}\r\n--{boundary}--\r\n\r\n"
        return self.header(self.dice.random() < 0.5) + "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + self.text(1) + diff

    def uuencoded(self):
        octets = self.octets()
        lines = (binascii.b2a_uu(octets[i:i + 45], backtick=True).decode().rstrip("\n") for i in range(0, len(octets), 45))
        block = "begin 644 a.tar.gz\r\n" + "".join(f"{line}\r\n" for line in lines) + "`\r\nend\r\n"
        if self.dice.random() < 0.2:
            return self.header() + f"Content-Type: application/octet-stream; name=a.tar.gz\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n{block}"
        return self.header(False) + self.dice.choice(["\r\n", "Content-Type: text/plain\r\n\r\n"]) + self.text(1) + block + self.text(1)

    def line_ends(self):
        mail = self.any_inner()
        how = self.dice.randrange(4)
        if how == 0:
            return mail.replace("\r\n", "\n")
        if how == 1:
            head, _, body = mail.partition("\r\n\r\n")
            return f"{head}\r\n\r\n" + body.replace("\r\n", "\n")
        if how == 2:
            return "".join(f"{line}{self.dice.choice([chr(10), chr(13) + chr(10)])}" for line in mail.split("\r\n"))
        return self.header() + "Content-Type: text/plain\r\n\r\n" + self.text().replace("\r\n", "\r") + "\r\n"

    def careless(self):
        """Deviations from the standards that scripts and old programs have, and that do no harm."""
        text, html = self.encoded_text(self.text()), self.encoded_text(self.html(), "html")
        return self.dice.choice([
            lambda: self.header(False) + self.alternative(),
            lambda: self.header() + self.multipart([text, html], end=False),
            lambda: self.header() + self.multipart([self.multipart([text, html], "alternative", end=False), self.file()]),
            lambda: self.header() + f"Content-Type: text/plain; charset=utf-8; boundary=\"{self.boundary()}\"\r\n\r\n{self.text()}",
            lambda: self.header() + f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {self.dice.choice(['8-bit', 'utf-8', '7-bit', '8bits', 'none', ''])}\r\n\r\n{self.html()}",
            lambda: self.header() + f"Content-Type: text/plain\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{self.html()}",
            lambda: self.header() + f"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{self.text()}",
            lambda: self.header() + f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{odd_mime._lines(self.text().encode())}"
                                    f"{'_' * 47}\r\nAnnounce mailing list\r\nAnnounce@list.example\r\nhttps://list.example/listinfo/announce\r\n",
            lambda: self.header() + f"content-type: text/plain; CHARSET=\"utf-8\";\r\ncontent-transfer-encoding: 8BIT\r\n\r\n{self.text()}",
            lambda: self.header() + f"Content-Type: text\r\n\r\n{self.text()}",
            lambda: self.header() + f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{self.text().replace('e', 'e   ' + chr(13) + chr(10), 3)}=\r\n",
            lambda: self.header() + "\r\n" + "x" * self.dice.randrange(900, 5000) + "\r\n",
            lambda: self.header() + self.multipart([]),
            lambda: self.header(),
            lambda: self.header() + "\r\n",
            lambda: f"From jansen@sender.example Sat Feb  5 14:30:34 2022\r\n{self.header()}{self.alternative()}",
            lambda: self.header() + self.multipart([f"Content-Type: message/rfc822; name=x.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n{odd_mime._lines(self.attachments().encode())}"]),
            lambda: self.header() + self.multipart([text, self.file("application/ms-tnef", "winmail.dat", tnef.stream(tnef.attached(self.octets())))]),
            lambda: self.header() + self.alternative().replace("quoted-printable\r\n\r\n", "quoted-printable\r\nContent-ID: <a>\r\n\r\n").replace("Content-Type: text/html", "Content-type:text/html"),
        ])()


KINDS = ["plain", "newsletter", "attachments", "only_a_file", "forwarded", "bounce", "receipt", "digest", "signed", "invitation", "about_mime", "patch", "uuencoded",
         "line_ends", "careless"]


def corpus(each=70, seed=20261130):
    """{name: message}: so many mails of each kind, as octets that end with CRLF, as on the wire."""
    mails = {}
    for kind in KINDS:
        for i in range(each):
            mail = getattr(Writer(hashlib.sha256(f"{seed} {kind} {i}".encode()).digest()), kind)()
            mails[f"{kind} {i}"] = (mail if mail.endswith("\r\n") else f"{mail}\r\n").encode()
    return mails
