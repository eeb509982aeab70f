/* Messages that hide content from the ordinary reading, and messages that only look like these. */
#include "mail/mime_hidden.h"

#include "base/buf.h"
#include "mail/mime_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define LINE "dGhlIGNvbnRlbnQgdGhhdCBub2JvZHkgZXhwZWN0cwo="
#define TEXT "Content-Type: text/plain\r\n\r\nhello\r\n"
#define FIELDS "Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n"
#define FILE_PART FIELDS "\r\n" LINE "\r\n"
#define HEADER "From: a@example.org\r\nMIME-Version: 1.0\r\n"
#define MIXED HEADER "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define PARTS "--b\r\n" TEXT "--b\r\n" FILE_PART "--b--\r\n"
#define SHOWN MIXED PARTS
#define ENCODING "Content-Transfer-Encoding: "

struct message {
    const char *name;
    struct span octets;
};

#define M(name, octets)    \
    {                      \
        name, SPAN(octets) \
    }

static const struct message hidden[] = {
    M("part in the preamble", MIXED FILE_PART "--b\r\n" TEXT "--b--\r\n"),
    M("part after the end", MIXED "--b\r\n" TEXT "--b--\r\n" FILE_PART),
    M("delimiter and part after the end", MIXED "--b\r\n" TEXT "--b--\r\n--b\r\n" FILE_PART),
    M("text after the end, after a delimiter", MIXED
      "--b\r\n" TEXT "--b--\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href=https://example.org/>x</a>\r\n"),
    M("after the end of an inner multipart",
      MIXED "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" TEXT
            "--c--\r\n--c\r\n" FILE_PART "--b--\r\n"),
    M("quoted-printable in the preamble",
      MIXED ENCODING "quoted-printable\r\n\r\nContent that is =68idden.\r\n--b\r\n" TEXT "--b--\r\n"),
    M("uuencode in the preamble", MIXED "begin 644 a\r\n#86%A\r\n`\r\nend, a longer one\r\n--b\r\n" TEXT),
    M("file without an encoding in the epilogue",
      MIXED "--b--\r\nContent-Disposition: attachment\r\n\r\nthe content of a script\r\n"),
    M("no boundary", HEADER "Content-Type: multipart/mixed\r\n\r\n" PARTS),
    M("empty boundary", HEADER "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n" FILE_PART),
    M("boundary that is too long for any mail program", HEADER
      "Content-Type: multipart/mixed; "
      "boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n\r"
      "\n" PARTS),
    M("boundary of RFC 2231", HEADER "Content-Type: multipart/mixed; boundary*0=b\r\n\r\n" PARTS),
    M("two boundaries", HEADER "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n" PARTS),
    M("two boundaries, both used",
      HEADER "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\n" PARTS "--a--\r\n"),
    M("two types",
      HEADER "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PARTS),
    M("two types with a message",
      HEADER "Content-Type: text/plain\r\nContent-Type: message/rfc822\r\n\r\n" HEADER FILE_PART),
    M("a text with a boundary", HEADER "Content-Type: text/plain; boundary=b\r\n\r\n" PARTS),
    M("no semicolon", HEADER "Content-Type: multipart/mixed boundary=b\r\n\r\n" PARTS),
    M("an endless comment", HEADER "Content-Type: (multipart/mixed; boundary=b\r\n\r\n" PARTS),
    M("blanks before a delimiter", MIXED "--b\r\n" TEXT " --b\r\n" FILE_PART "--b--\r\n"),
    M("more after a delimiter", MIXED "--b\r\n" TEXT "--bc\r\n" FILE_PART "--b--\r\n"),
    M("delimiter after a bare CR", MIXED "--b\r\n" TEXT "\r--b\r" FILE_PART "--b--\r\n"),
    M("message that begins with an empty line", "\r\n" SHOWN),
    M("message that begins with a byte order mark", "\xef\xbb\xbf" SHOWN),
    M("byte order mark before the only field", "\xef\xbb\xbf" ENCODING "base64\r\n\r\n" LINE "\r\n"),
    M("part that begins with no field", MIXED "--b\r\nno field\r\n" FILE_PART "--b--\r\n"),
    M("blanks in place of the empty line", HEADER ENCODING "base64\r\n \r\n" LINE "\r\n"),
    M("unknown encoding", HEADER ENCODING "base-64\r\n\r\n" LINE "\r\n"),
    M("two words as encoding", HEADER ENCODING "base64 7bit\r\n\r\n" LINE "\r\n"),
    M("second encoding", HEADER ENCODING "7bit\r\n" ENCODING "base64\r\n\r\n" LINE "\r\n"),
    M("second encoding that is unknown", HEADER ENCODING "8bit\r\n" ENCODING "b64\r\n\r\n" LINE "\r\n"),
    M("second encoding, quoted-printable",
      HEADER ENCODING "7bit\r\n" ENCODING "quoted-printable\r\n\r\n=54=68=65=20=63=6f=6e=74=65=6e=74\r\n"),
    M("text that its first encoding destroys",
      HEADER ENCODING "base64\r\n" ENCODING "7bit\r\n\r\nThis is a text and no base64.\r\n"),
    M("encoded multipart",
      HEADER "Content-Type: multipart/mixed; boundary=b\r\n" ENCODING "base64\r\n\r\n" LINE "\r\n"),
    M("base64 after its end", HEADER ENCODING "base64\r\n\r\naGVsbG8=\r\n" LINE "\r\n"),
    M("base64 after a line of text", HEADER ENCODING "base64\r\n\r\naGVs\r\n.a-line\r\n" LINE "\r\n"),
    M("in a message",
      HEADER "Content-Type: message/rfc822\r\n\r\n" MIXED FILE_PART "--b\r\n" TEXT "--b--\r\n"),
    M("in a message of a digest", HEADER "Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n" MIXED
                                         "--b--\r\n" FILE_PART "--d--\r\n"),
};

static const struct message shown[] = {
    M("nothing", ""),
    M("an empty line", "\r\n"),
    M("no header", "hello\r\n"),
    M("well-formed", SHOWN),
    M("only a text", HEADER TEXT),
    M("only a file", HEADER FILE_PART),
    M("no version", "Content-Type: multipart/mixed; boundary=b\r\n\r\n" PARTS),
    M("no end", MIXED "--b\r\n" TEXT "--b\r\n" FILE_PART),
    M("no inner end", MIXED "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" TEXT
                            "--b\r\n" FILE_PART "--b--\r\n"),
    M("the same boundary within",
      MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PARTS "--b--\r\n"),
    M("boundary that begins with another", MIXED
      "--b\r\nContent-Type: multipart/mixed; boundary=b-c\r\n\r\n--b-c\r\n" FILE_PART "--b-c--\r\n--b--\r\n"),
    M("bare LF", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b\n"
                 "Content-Transfer-Encoding: base64\n\n" LINE "\n--b--\n"),
    M("mixed line ends",
      "Content-Type: multipart/mixed; boundary=b\r\n\n--b\r\n" TEXT "--b\n" FILE_PART "--b--\n"),
    M("CR CR LF",
      "Content-Type: multipart/mixed; boundary=b\r\r\n\r\r\n--b\r\r\nContent-Type: text/plain\r\r\n\r\r\n"
      "hello\r\r\n--b--\r\r\n"),
    M("quoted, escaped, with comments",
      HEADER "Content-Type: (a) multipart/mixed (b); (c(d)) boundary = \"\\b \" (e)\r\n\r\n" PARTS),
    M("an equals sign without quotes",
      HEADER "Content-Type: multipart/mixed; boundary==_b\r\n\r\n--=_b\r\n" FILE_PART),
    M("no semicolon after a parameter",
      HEADER "Content-Type: multipart/mixed; charset=\"x\" boundary=\"b\"\r\n\r\n" PARTS),
    M("the same boundary twice",
      HEADER "Content-Type: multipart/mixed; boundary=b; boundary=\"b\"\r\n\r\n" PARTS),
    M("the same type twice", HEADER "Content-Type: multipart/mixed; boundary=b\r\n"
                                    "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n" PARTS),
    M("two types, of which the first one has the parts",
      HEADER "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n\r\n" PARTS),
    M("two types of text", HEADER "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n" PARTS),
    M("a left-over boundary",
      HEADER "Content-Type: text/plain; boundary=b\r\n\r\nhello, dear reader of it\r\n"),
    M("the same encoding twice", HEADER ENCODING "base64\r\n" ENCODING "BASE64 (x)\r\n\r\n" LINE "\r\n"),
    M("two encodings of a text",
      HEADER ENCODING "8bit\r\n" ENCODING "base64\r\n\r\nThis is a text, and no base64 at all.\r\n"),
    M("two encodings, of which the first one gives it",
      HEADER ENCODING "base64\r\n" ENCODING "7bit\r\n\r\n" LINE "\r\n"),
    M("unknown encoding of a text", HEADER ENCODING "8-bit\r\n\r\nHello\r\n\r\nThis is a text.\r\n"),
    M("a line below an unknown encoding", HEADER ENCODING
      "utf-8\r\n\r\n============================================================\r\nText\r\n"),
    M("encoding of a multipart",
      HEADER "Content-Type: multipart/mixed; boundary=b\r\n" ENCODING "quoted-printable\r\n\r\n" PARTS),
    M("a text that quotes MIME", HEADER TEXT SHOWN),
    M("a text that quotes MIME, in a multipart",
      MIXED "--b\r\n" TEXT "--c\r\n" FILE_PART "--c--\r\n--b--\r\n"),
    M("a text that quotes MIME after the header of a bounce",
      HEADER "Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\nContent-Type: "
             "text/rfc822-headers\r\n\r\n" MIXED "\r\n--r--\r\n"),
    M("uuencode in a text", HEADER "\r\nbegin 644 a.bin\r\n#86%A\r\n`\r\nend\r\n"),
    M("a preamble and an epilogue",
      MIXED "This is a multi-part message in MIME format.\r\n" PARTS "-- \r\nA footer of a mailing list: "
            "https://list.example.org/\r\n"),
    M("a footer after base64",
      HEADER ENCODING "base64\r\n\r\n" LINE "\r\n_____________\r\nAnnounce mailing list\r\n"
                      "Announce@list.example.org\r\n"),
    M("text declared as base64", HEADER ENCODING
      "base64\r\n\r\nThis is a text.\r\nUnfortunately\r\nsomebodydeclaredthatitisencoded\r\nReally\r\n"),
    M("mbox line first", "From a@example.org Thu Jan  1\r\n" SHOWN),
    M("stray line in the header",
      "From: a@example.org\r\nno field\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PARTS),
    M("blanks in a header", "Subject: a\r\n \r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PARTS),
    M("a message after an empty line", HEADER "Content-Type: message/rfc822\r\n\r\n\r\n" SHOWN),
    M("digest", HEADER "Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n" SHOWN "\r\n--d\r\n"
                       "Content-Type: message/rfc822\r\n\r\n" HEADER FILE_PART "--d--\r\n"),
    M("encoded message", HEADER "Content-Type: message/rfc822\r\n" ENCODING "base64\r\n\r\n" LINE "\r\n"),
    M("trivial part after the end", MIXED PARTS "--b\r\n" FIELDS "\r\naGVsbG8=\r\n"),
};

/* In memory of exactly that size, so that a sanitizer sees a read outside. */
static bool is_hidden_in(struct span octets)
{
    char *copy = malloc(octets.n + !octets.n);
    struct span message = {copy, octets.n};
    bool is_hidden;

    memcpy(copy, octets.p, octets.n);
    is_hidden = mime_hidden_in(message);
    assert_false(is_hidden && mime_is_plain(message));
    free(copy);
    return is_hidden;
}

static void what_the_ordinary_reading_does_not_show_is_hidden(void **state)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (!is_hidden_in(hidden[i].octets))
            fail_msg("%s", hidden[i].name);
}

static void what_it_shows_is_not(void **state)
{
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (is_hidden_in(shown[i].octets))
            fail_msg("%s", shown[i].name);
}

/* Every beginning of a message is read within its octets. */
static void a_message_may_end_anywhere(void **state)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        for (size_t n = 0; n < hidden[i].octets.n; n++)
            is_hidden_in(span_first(hidden[i].octets, n));
}

static void nested(struct buf *out, unsigned depth)
{
    buf_add(out, SPAN("Subject: x\r\n"));
    for (unsigned i = 0; i < depth; i++)
        buf_add_format(out, "Content-Type: multipart/mixed; boundary=b%u.\r\n\r\n--b%u.\r\n", i, i);
    buf_add(out, SPAN(FILE_PART));
}

/* Mail programs end at different depths. */
static void too_deep_a_part_is_hidden(void **state)
{
    struct buf message = {0};

    nested(&message, 60);
    assert_false(is_hidden_in(buf_span(&message)));
    buf_clear(&message);
    nested(&message, 70);
    assert_true(is_hidden_in(buf_span(&message)));
    buf_fini(&message);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_ordinary_reading_does_not_show_is_hidden),
        cmocka_unit_test(what_it_shows_is_not),
        cmocka_unit_test(a_message_may_end_anywhere),
        cmocka_unit_test(too_deep_a_part_is_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
