/* The form of a notice: what a template may contain, and what no value may do to the message. */
#include "tests/unit/notice/notice_lab.h"

#include <stdlib.h>
#include <string.h>

/* In the form that users of P3Scan have: an 8-bit charset, tabs, a final dot. */
static const char p3scan[] = "MIME-Version: 1.0\n"
                             "Content-Transfer-Encoding: 8bit\n"
                             "Content-Type: text/plain;\n"
                             "\tcharset=\"iso-8859-1\"\n"
                             "\n"
                             "Bonjour %USERNAME%.\n"
                             "Message g\xe9n\xe9r\xe9 par %PROGNAME% sur %HOSTNAME%.%DOMAINNAME%\n"
                             "\n"
                             "Nom du virus:\n"
                             "   %VIRUSNAME%\n"
                             "Exp\xe9"
                             "diteur:\n   %MAILFROM%\n"
                             "   %MAILTO%|%MAILDATE%|%SUBJECT%|%MAILMESSAGEID%\n"
                             "   %PROTOCOL% from %CLIENTIP%:%CLIENTPORT% to %SERVERIP%:%SERVERPORT%\n"
                             "%VDINFO%\n"
                             "   %MAILFILE%|%P3SCANID%\n"
                             "--\n"
                             "%PROGNAME% %VERSION%, 100%\n"
                             ".\n";

#define P3SCAN ((struct span){p3scan, sizeof p3scan - 1})

static void replaces_a_message_as_p3scan_did(void **state)
{
    struct incident incident = an_incident();
    const char *text = render(P3SCAN, &incident, KEPT);

    assert_memory_equal(text, kept_text, sizeof kept_text - 1);
    expect_has(text, "\r\nReferences: <1@divx.example>\r\n");
    expect_has(text, "\r\nMessage-ID: <00112233445566778899aabbccddeeff@mercure.lab.example>\r\n");
    expect_has(text, "\r\nSubject: [virus] dans un message pour vous: Worm.SomeFool.AA-2\r\n");
    expect_has(text, "\r\nAuto-Submitted: auto-generated\r\n");
    expect_has(text, "\r\nX-Postern-Incident: 00112233445566778899aabbccddeeff\r\n");
    expect_has(text, "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
                     "8bit\r\n\r\nBonjour chris.\r\n");
    expect_has(text, "g\xc3\xa9n\xc3\xa9r\xc3\xa9 par Postern sur mercure.lab.example\r\n");
    expect_has(text, "Nom du virus:\r\n   Worm.SomeFool.AA-2\r\n");
    expect_has(text, "   Zo\xc3\xa9 <zoe@divx.example>\r\n");
    expect_has(text,
               "   chris@free.example|Sat, 05 Feb 2005 14:30:34 +0100|Information|<1@divx.example>\r\n");
    expect_has(text, "   POP3 from 192.168.0.10:1395 to 193.252.22.90:110\r\n");
    expect_has(text, "under the name: 0011223344556677.mail\r\n");
    expect_has(text, "   0011223344556677.mail|00112233445566778899aabbccddeeff\r\n");
    expect_has(text, "Postern 0.1.0, 100%\r\n");
    expect_lacks(text, "\r\n.\r\n");
    expect_lacks(text, "iso-8859-1");
    expect_valid();
}

static void honours_the_fields_of_a_template(void **state)
{
    struct incident incident = an_incident();
    const char *text = render(SPAN("Subject: Alerte: %SUBJECT% / %VIRUSNAME%\n"
                                   "From: S\xc3\xa9"
                                   "curit\xc3\xa9 <security@%DOMAINNAME%>\n"
                                   "To: %MAILTO%\n"
                                   "Reply-To: admin@%HOSTNAME%.%DOMAINNAME%\n"
                                   "Organization: L'\xc3\xa9"
                                   "cole\n"
                                   "Organization: second\n"
                                   "Content-Disposition: attachment\n"
                                   "To: second@x\n"
                                   "Date: never\n\nx\n"),
                              &incident, KEPT);

    expect_has(text, "\r\nSubject: Alerte: Information / Worm.SomeFool.AA-2\r\n");
    expect_has(text, "\r\nFrom: =?utf-8?q?S=C3=A9curit=C3=A9?= <security@lab.example>\r\n");
    expect_lacks(text, "zoe@divx.example");
    expect_has(text, "\r\nTo: chris@free.example\r\n");
    expect_has(text, "\r\nReply-To: admin@mercure.lab.example\r\n");
    expect_has(text, "\r\nOrganization: =?utf-8?q?L=27=C3=A9cole?=\r\n");
    expect_lacks(text, "second");
    expect_lacks(text, "Disposition");
    expect_lacks(text, "never");
    expect_valid();
}

static void refuses_a_template_and_says_where(void **state)
{
    expect_refused(SPAN("Subject: a\n\nx\n%VIRUSNAM% y\n"), "4: unknown variable %VIRUSNAM%");
    expect_refused(SPAN("Subject: a\n %X%\n\n"), "2: unknown variable %X%");
    expect_refused(SPAN("Dear user,\n\nx\n"),
                   "1: neither a header line nor the empty line that ends the header");
    expect_refused(SPAN("Subject: a\n"), "2: no empty line between header and body");
    expect_refused(SPAN(""), "1: no empty line between header and body");
    expect_refused(SPAN("A: b\n\nx\n\xe9\n"), "4: bytes that are not valid in the template's charset, utf-8");
    expect_refused(SPAN("Content-Type: text/plain; charset=x-klingon\n\n"), "1: unknown charset x-klingon");
    expect_refused(SPAN("A: b\nContent-Type: text/html\n\n"),
                   "2: expected Content-Type text/plain, got text/html");
    expect_refused(SPAN("Content-Transfer-Encoding: base64\n\n"),
                   "1: expected Content-Transfer-Encoding 7bit, 8bit or binary, got base64");
    expect_refused(SPAN("A: b\nFrom: nobody at all\n\n"), "2: expected one mail address in From");
}

/* The value is judged as it will be written, which is truncated. */
static void refuses_an_address_after_the_longest_value(void **state)
{
    struct incident incident = an_incident();
    struct buf text = {0};

    buf_add_format(&text, "From: %0800d <a@b.example>\n\nx\n", 0);
    expect_has(render(buf_span(&text), &incident, KEPT), "<a@b.example>");
    buf_clear(&text);
    buf_add_format(&text, "From: %0900d <a@b.example>\n\nx\n", 0);
    expect_refused(buf_span(&text), "1: expected one mail address in From");
    buf_fini(&text);
}

static void takes_crlf_and_a_byte_order_mark(void **state)
{
    struct incident incident = an_incident();

    expect_has(render(SPAN("\xef\xbb\xbfSubject: a\r\n\r\nb %lower% %\r\n"), &incident, KEPT),
               "\r\n\r\nb %lower% %\r\n");
    expect_has(buf_c_str(&out), "\r\nSubject: a\r\n");
}

static void lets_no_value_inject_anything(void **state)
{
    struct incident incident = an_incident();
    const char *text;

    strcpy(incident.facts.subject, "a\r\nX: y\r\n\r\n.\r\nbody\x1b[31m\xed\xa0\x80");
    strcpy(incident.verdict.name, "V\r\nX: y");
    strcpy(incident.facts.message_id, "<1@x>\r\nX: y");
    strcpy(incident.facts.from, "\xff\xfe");
    strcpy(incident.id, "../../X: y");
    text = render(SPAN("Subject: %SUBJECT% %VIRUSNAME% %P3SCANID%\nFoo: "
                       "%MAILFROM%%SUBJECT%\n\n%SUBJECT%\n%VIRUSNAME%\n"),
                  &incident, SPAN("From: a@x\r\nX: y\r\n"));
    expect_lacks(text, "\nX:");
    expect_lacks(text, "\x1b");
    expect_lacks(text, "References");
    expect_lacks(text, "From: a@x");
    expect_has(text, "\r\n\r\na X: y . body [31m???\r\nV X: y\r\n");
    expect_valid();
}

static void puts_no_line_of_a_dot_or_of_a_mailbox_into_the_body(void **state)
{
    struct incident incident = an_incident();
    const char *text;

    strcpy(incident.facts.subject, ".");
    text = render(SPAN("\n%SUBJECT%\n"), &incident, KEPT);
    expect_has(text, "Content-Transfer-Encoding: quoted-printable\r\n\r\n=2E\r\n");
    strcpy(incident.facts.subject, "From me =\xc3\xa9");
    text = render(SPAN("\n%SUBJECT%\n"), &incident, KEPT);
    expect_has(text, "\r\n\r\n=46rom me =3D=C3=A9\r\n");
    expect_valid();
}

static void breaks_lines_that_are_too_long(void **state)
{
    struct incident incident = an_incident();
    struct buf text = {0};

    buf_add(&text, SPAN("\n"));
    for (int i = 0; i < 1200; i++)
        buf_add(&text, i % 300 == 7 ? SPAN(".") : SPAN("F"));
    buf_add(&text, SPAN(" \n"));
    render(buf_span(&text), &incident, KEPT);
    expect_has(buf_c_str(&out), "quoted-printable");
    expect_has(buf_c_str(&out), "F=20\r\n");
    for (size_t i = 0, column = 0; i < out.n; i++) {
        column = out.p[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 77 + 1);
    }
    buf_fini(&text);
}

static void folds_the_subject(void **state)
{
    struct incident incident = an_incident();

    for (size_t n = 1; n < 250; n++) {
        for (int is_ascii = 0; is_ascii < 2; is_ascii++) {
            memset(incident.facts.subject, 0, sizeof incident.facts.subject);
            for (size_t i = 0; i + 2 < n; i += 2)
                memcpy(incident.facts.subject + i, is_ascii ? (i % 10 ? "ab" : "a ") : "\xc3\xa9", 2);
            render(SPAN("Subject: x%SUBJECT%\n\n\n"), &incident, KEPT);
            for (size_t i = 0, column = 0; i < out.n; i++) {
                column = out.p[i] == '\n' ? 0 : column + 1;
                assert_true(column <= 79);
            }
            expect_valid();
        }
    }
}

static void renders_the_same_each_time(void **state)
{
    struct incident incident = an_incident();
    char *first = strdup(render(P3SCAN, &incident, KEPT));

    assert_string_equal(first, render(P3SCAN, &incident, KEPT));
    free(first);
}

static void survives_any_bytes_in_any_value(void **state)
{
    unsigned seed = 7;

    for (int round = 0; round < 300; round++) {
        struct incident incident;

        for (size_t i = 0; i < sizeof incident; i++)
            ((unsigned char *)&incident)[i] = (unsigned char)rand_r(&seed);
        render(P3SCAN, &incident, SPAN("From: a@x\r\n"));
        expect_valid();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_a_message_as_p3scan_did),
        cmocka_unit_test(honours_the_fields_of_a_template),
        cmocka_unit_test(refuses_a_template_and_says_where),
        cmocka_unit_test(refuses_an_address_after_the_longest_value),
        cmocka_unit_test(takes_crlf_and_a_byte_order_mark),
        cmocka_unit_test(lets_no_value_inject_anything),
        cmocka_unit_test(puts_no_line_of_a_dot_or_of_a_mailbox_into_the_body),
        cmocka_unit_test(breaks_lines_that_are_too_long),
        cmocka_unit_test(folds_the_subject),
        cmocka_unit_test(renders_the_same_each_time),
        cmocka_unit_test(survives_any_bytes_in_any_value),
    };
    return cmocka_run_group_tests(tests, NULL, free_buffers);
}
