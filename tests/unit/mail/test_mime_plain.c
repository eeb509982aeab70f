#include "mail/mime_plain.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define V "MIME-Version: 1.0\r\n"
#define MIXED V "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
#define TEXT "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n"
#define BIN                                                                                     \
    "Content-Type: application/pdf;\r\n\tname=\"a b.pdf\"\r\nContent-Disposition: attachment; " \
    "filename=a.pdf\r\n"
#define ENCODED(base64) V BIN "Content-Transfer-Encoding: base64\r\n\r\n" base64 "\r\n"
#define FILE64 BIN "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"

static bool is_plain(struct span message)
{
    char *copy = malloc(message.n + !message.n);
    bool answer;

    memcpy(copy, message.p, message.n);
    answer = mime_is_plain((struct span){copy, message.n});
    free(copy);
    return answer;
}

static const struct span plain[] = {
    SPAN("Subject: x\r\n\r\nhello\r\n"),
    SPAN("Subject: x\r\n y\r\n\r\nhello\r\n-- \r\nsignature"),
    SPAN("Subject: x\r\n\r\n"),
    SPAN(V TEXT),
    SPAN(V "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n\xe4\r\n"),
    SPAN(V "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4=\r\n=3D\r\n"),
    SPAN(V "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n\r\n"),
    SPAN(MIXED "--b\r\n" TEXT "--b--\r\n"),
    SPAN(MIXED "preamble\r\n--b\r\n" TEXT "\r\n--b\r\n" FILE64 "\r\n--b--\r\nepilogue\r\n"),
    SPAN(MIXED "--b\r\n" TEXT "--b--"),
    SPAN(MIXED "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n" TEXT "--c\r\n" TEXT
               "--c--\r\n\r\n--b\r\n" FILE64 "--b--\r\n"),
    SPAN(MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n" V TEXT "--b--\r\n"),
    SPAN(MIXED "--b\r\n\r\nno header\r\n--b--\r\n"),
    SPAN(MIXED "--b\r\n" TEXT "--- a/file\r\n+++ b/file\r\n--b--\r\n"),
    SPAN("Subject: data\r\n\r\ndata: one, two; data,\r\n"),
};

static const struct {
    const char *why;
    struct span message;
} unusual[] = {
#define NOT(why, message)  \
    {                      \
        why, SPAN(message) \
    }
    NOT("empty", ""),
    NOT("no header", "hello\r\n"),
    NOT("header without an end", "Subject: x\r\n"),
    NOT("blank line first", "\r\nSubject: x\r\n\r\nhello\r\n"),
    NOT("mbox line first", "From a\r\nSubject: x\r\n\r\nhello\r\n"),
    NOT("byte order mark", "\xef\xbb\xbfSubject: x\r\n\r\nhello\r\n"),
    NOT("blank before the colon", "Subject : x\r\n\r\nhello\r\n"),
    NOT("blank continuation", "Subject: x\r\n \r\n\r\nhello\r\n"),
    NOT("NUL in the header", "Subject: x\0\r\n\r\nhello\r\n"),
    NOT("bare LF in the header", "Subject: x\n\r\n\r\nhello\r\n"),
    NOT("bare LF in the body", "Subject: x\r\n\r\nhello\nyou\r\n"),
    NOT("bare CR in the body", "Subject: x\r\n\r\nhello\ryou\r\n"),
    NOT("CR CR LF in the body", "Subject: x\r\n\r\nhello\r\r\nyou\r\n"),
    NOT("no version", TEXT),
    NOT("two types", V "Content-Type: text/plain\r\n" TEXT),
    NOT("two encodings", V "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7bit\r\n" TEXT),
    NOT("unknown encoding", V "Content-Transfer-Encoding: x-uuencode\r\n\r\nhello\r\n"),
    NOT("encoding with a comment", V "Content-Transfer-Encoding: 7bit (x)\r\n\r\nhello\r\n"),
    NOT("type without a subtype", V "Content-Type: text\r\n\r\nhello\r\n"),
    NOT("comment in a type", V "Content-Type: text/plain (x)\r\n\r\nhello\r\n"),
    NOT("parameter without a value", V "Content-Type: text/plain; x\r\n\r\nhello\r\n"),
    NOT("UTF-7", V "Content-Type: text/plain; charset=UTF-7\r\n\r\nhello\r\n"),
    NOT("UTF-16", V "Content-Type: text/plain; charset=\"utf-16le\"\r\n\r\nhello\r\n"),
    NOT("S/MIME", V "Content-Type: application/pkcs7-mime\r\n\r\nhello\r\n"),
    NOT("TNEF", V "Content-Type: application/ms-tnef\r\n\r\nhello\r\n"),
    NOT("TNEF, other name", V "Content-Type: application/vnd.ms-tnef\r\n\r\nhello\r\n"),
    NOT("TNEF in base64", V BIN "Content-Transfer-Encoding: base64\r\n\r\n\r\neJ\r\n8+IgEA\r\n"),
    NOT("TNEF in the base64 of a text",
        V "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEA\r\n"),
    NOT("TNEF in quoted-printable",
        V BIN "Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\nx=9F>=\r\n=22\r\n"),
    NOT("TNEF without an encoding", V BIN "\r\nx\x9f>\"\r\n"),
    NOT("multipart/encrypted",
        V "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("OpenPGP in a text", V "Content-Type: text/plain\r\n\r\nhello\r\n-----BEGIN PGP MESSAGE-----\r\n"),
    NOT("OpenPGP in base64", ENCODED("LS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0t")),
    NOT("OpenPGP, binary", ENCODED("jA0ECQMC")),
    NOT("OpenPGP in quoted-printable",
        V BIN "Content-Transfer-Encoding: quoted-printable\r\n\r\n=8C=0D=04=09\r\n"),
    NOT("S/MIME without its type", ENCODED("MIIB9gYJKoZIhvcN")),
    NOT("RAR", ENCODED("UmFyIRoH")),
    NOT("compound file", ENCODED("0M8R4KGxGuE=")),
    NOT("piece", V "Content-Type: message/partial; id=x\r\n\r\nhello\r\n"),
    NOT("elsewhere", V "Content-Type: message/external-body; x=y\r\n\r\nhello\r\n"),
    NOT("encoded message",
        V "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"),
    NOT("folded encoding", V "Content-Transfer-Encoding:\r\n 7bit\r\n\r\nhello\r\n"),
    NOT("boundary like an encoded word",
        V "Content-Type: multipart/mixed; boundary=\"=?b\"\r\n\r\n--=?b\r\n" TEXT "--=?b--\r\n"),
    NOT("encoded report", V "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: "
                            "base64\r\n\r\naGVsbG8=\r\n"),
    NOT("digest", V "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("no boundary", V "Content-Type: multipart/mixed\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("continued boundary",
        V "Content-Type: multipart/mixed; boundary*0=b\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("two boundaries",
        V "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("escaped boundary",
        V "Content-Type: multipart/mixed; boundary=\"\\b\"\r\n\r\n--b\r\n" TEXT "--b--\r\n"),
    NOT("odd boundary", V "Content-Type: multipart/mixed; boundary=\"b*\"\r\n\r\n--b*\r\n" TEXT "--b*--\r\n"),
    NOT("boundary with a blank at its end",
        V "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \r\n" TEXT "--b --\r\n"),
    NOT("encoded multipart",
        V "Content-Transfer-Encoding: base64\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" TEXT
          "--b--\r\n"),
    NOT("no delimiter", MIXED "hello\r\n"),
    NOT("no end", MIXED "--b\r\n" TEXT),
    NOT("no inner end",
        MIXED "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" TEXT "--b--\r\n"),
    NOT("the same boundary within",
        MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" TEXT "--b--\r\n--b--\r\n"),
    NOT("a boundary that begins with another",
        MIXED "--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n" TEXT "--bb--\r\n--b--\r\n"),
    NOT("a delimiter with something more", MIXED "--b\r\n" TEXT "--bx\r\n--b--\r\n"),
    NOT("a delimiter with a blank after it", MIXED "--b \r\n" TEXT "--b--\r\n"),
    NOT("a delimiter with a blank before it", MIXED "--b\r\n" TEXT " --b\r\n" TEXT "--b--\r\n"),
    NOT("an outer delimiter within",
        MIXED "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" TEXT "--b\r\n" TEXT
              "--c--\r\n--b--\r\n"),
    NOT("a part in the preamble", MIXED TEXT "--b\r\n" TEXT "--b--\r\n"),
    NOT("a part in the epilogue", MIXED "--b\r\n" TEXT "--b--\r\n--b\r\n" TEXT),
    NOT("a field in a text", V "Content-Type: text/plain\r\n\r\nContent-Type: x\r\n"),
    NOT("no group", V "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8\r\n"),
    NOT("padding within", V "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\naGk=\r\n"),
    NOT("junk in base64", V "Content-Transfer-Encoding: base64\r\n\r\naGVs.bG8=\r\n"),
    NOT("blank in base64", V "Content-Transfer-Encoding: base64\r\n\r\naGVs \r\nbG8=\r\n"),
    NOT("small digits", V "Content-Transfer-Encoding: quoted-printable\r\n\r\n=e4\r\n"),
    NOT("blank after =", V "Content-Transfer-Encoding: quoted-printable\r\n\r\nx= \r\ny\r\n"),
    NOT("blank at the end of a line",
        V "Content-Transfer-Encoding: quoted-printable\r\n\r\nhello \r\nyou\r\n"),
    NOT("tab at the end", V "Content-Transfer-Encoding: quoted-printable\r\n\r\nhello\t"),
    NOT("uuencode", "Subject: x\r\n\r\nbegin 644 a\r\n"),
    NOT("yEnc", "Subject: x\r\n\r\n=ybegin line=128\r\n"),
    NOT("BinHex", "Subject: x\r\n\r\n(This file must be converted with BinHex 4.0)\r\n"),
    NOT("uuencode in base64", V "Content-Transfer-Encoding: base64\r\n\r\nYmVnaW4gNjQ0IGEKCg==\r\n"),
    NOT("data: URL", V "Content-Type: text/html\r\n\r\n<img src=\"data:image/png;base64,aGVs\">\r\n"),
    NOT("data: URL in capitals",
        V "Content-Type: text/html\r\n\r\n<img src=\"DATA:image/png;base64,aGVs\">\r\n"),
    NOT("data: URL, encoded", V "Content-Type: text/html\r\nContent-Transfer-Encoding: "
                                "quoted-printable\r\n\r\nd=61ta:text/plain,x\r\n"),
#undef NOT
};

static void well_formed_messages_are_plain(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!is_plain(plain[i]))
            fail_msg("not plain: %.*s", (int)plain[i].n, plain[i].p);
}

static void unusual_messages_are_not(void **state)
{
    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
        if (is_plain(unusual[i].message))
            fail_msg("plain: %s", unusual[i].why);
}

/* Only the text at the end may be shorter, or its last delimiter may have no line end. */
static void a_multipart_that_is_cut_is_not_plain(void **state)
{
    struct span whole = plain[8];

    for (size_t n = 0; n < whole.n; n++)
        if (is_plain(span_first(whole, n)) && !memmem(whole.p, n, "--b--", 5))
            fail_msg("plain: the first %zu octets", n);
}

/* A message of `count` times `text` between two others. */
static bool is_plain_with(struct span before, struct span text, unsigned count, struct span after)
{
    struct buf message = {0};
    bool answer;

    buf_add(&message, before);
    for (unsigned i = 0; i < count; i++)
        buf_add(&message, text);
    buf_add(&message, after);
    answer = is_plain(buf_span(&message));
    buf_fini(&message);
    return answer;
}

static void long_lines_are_not_plain(void **state)
{
    assert_true(is_plain_with(SPAN("Subject: x\r\n\r\n"), SPAN("x"), 998, SPAN("\r\n")));
    assert_false(is_plain_with(SPAN("Subject: x\r\n\r\n"), SPAN("x"), 999, SPAN("\r\n")));
    assert_true(is_plain_with(SPAN("Subject:"), SPAN("x"), 990, SPAN("\r\n\r\nhello\r\n")));
    assert_false(is_plain_with(SPAN("Subject:"), SPAN("x"), 991, SPAN("\r\n\r\nhello\r\n")));
}

static void long_fields_of_mime_are_not_plain(void **state)
{
    struct span type = SPAN(V "Content-Type: text/plain"), end = SPAN("\r\n\r\nhello\r\n");

    assert_true(is_plain_with(type, SPAN(";\r\n\tx=yyyyyyyy"), 100, end));
    assert_false(is_plain_with(type, SPAN(";\r\n\tx=yyyyyyyy"), 200, end));
}

static void deep_messages_are_not_plain(void **state)
{
    struct span message = SPAN("Subject: x\r\n" V "Content-Type: message/rfc822\r\n\r\n");

    assert_true(is_plain_with(SPAN(""), message, 12, SPAN("Subject: x\r\n\r\nhello\r\n")));
    assert_false(is_plain_with(SPAN(""), message, 13, SPAN("Subject: x\r\n\r\nhello\r\n")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_messages_are_plain),       cmocka_unit_test(unusual_messages_are_not),
        cmocka_unit_test(a_multipart_that_is_cut_is_not_plain), cmocka_unit_test(long_lines_are_not_plain),
        cmocka_unit_test(long_fields_of_mime_are_not_plain),    cmocka_unit_test(deep_messages_are_not_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
