#include "notice/notice.h"
#include "conf/conf.h"
#include "notice/notice_words.h"
#include "mail/mail_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char id[] = "00112233445566778899aabbccddeeff";
static struct buf out, error;

static const struct notice_host host = {
    .host_name = "mercure",
    .domain_name = "lab.example",
    .version = "0.1.0",
    .subject = "[virus] dans un message pour vous:",
    .deleted = "",
};

static struct incident an_incident(void)
{
    struct incident incident = {
        .file = "0011223344556677.mail",
        .facts = {.from = "Zo\xc3\xa9 <zoe@divx.example>",
                  .to = "chris@free.example",
                  .date = "Sat, 05 Feb 2005 14:30:34 +0100",
                  .subject = "Information",
                  .message_id = "<1@divx.example>"},
        .protocol = "POP3",
        .user = "chris",
        .client = "192.168.0.10:1395",
        .server = "193.252.22.90:110",
        .size = 4711,
        .received_s = 1107610234,
    };

    memcpy(incident.id, id, sizeof id);
    verdict_set_found(&incident.verdict, SPAN("Worm.SomeFool.AA-2"));
    return incident;
}

static void set_kept(struct kept_header *kept, struct span text)
{
    memset(kept, 0, sizeof *kept);
    memcpy(kept->text, text.p, text.n);
    kept->n = (uint32_t)text.n;
}

static struct notice_template *parse(struct span text, const struct notice_host *with)
{
    char *exact = malloc(text.n ? text.n : 1);
    struct notice_template *template;

    memcpy(exact, text.p, text.n);
    buf_clear(&error);
    template = notice_template_new((struct span){exact, text.n}, with, &error);
    free(exact);
    return template;
}

static const char *render(struct span text, const struct incident *incident, struct span kept_text)
{
    struct kept_header *kept = malloc(sizeof *kept);
    struct notice_template *template = parse(text, &host);

    if (!template)
        print_error("%s\n", buf_c_str(&error));
    assert_non_null(template);
    set_kept(kept, kept_text);
    buf_clear(&out);
    notice_render(template, incident, kept, &out);
    notice_template_free(&template);
    assert_null(template);
    free(kept);
    return buf_c_str(&out);
}

static void expect_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("no \"%s\" in:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

static void expect_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        print_error("\"%s\" in:\n%s\n", part, text);
    assert_null(strstr(text, part));
}

/* Asserts what holds for every notice. */
static void expect_valid(void)
{
    struct span bytes = buf_span(&out);
    struct mail_header *header = malloc(sizeof *header);
    struct mail_field field;
    char names[4096] = "\n";

    for (size_t i = 0, column = 0; i < out.n; i++) {
        assert_true(out.p[i] != 0 && (out.p[i] != '\r' || (i + 1 < out.n && out.p[i + 1] == '\n')));
        assert_true(out.p[i] != '\n' || (i > 0 && out.p[i - 1] == '\r'));
        column = out.p[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 999);
    }
    mail_header_init(header);
    while (mail_header_next(header, &bytes, &field) == MAIL_HEADER_FIELD) {
        char line[MAIL_HEADER_NAME_MAX + 3];

        for (size_t i = 0; i < field.value.n; i++)
            assert_in_range(field.value.p[i], '\t', '~');
        snprintf(line, sizeof line, "\n%.*s\n", (int)field.name.n, field.name.p);
        if (!span_eq(field.name, SPAN("Received")))
            expect_lacks(names, line);
        strncat(names, line + 1, sizeof names - strlen(names) - 1);
    }
    expect_has(names, "\nFrom\n");
    expect_has(names, "\nDate\n");
    expect_has(names, "\nSubject\n");
    expect_has(names, "\nContent-Type\n");
    expect_lacks(names, "\nX\n");
    free(header);
}

static const char kept_text[] = "Return-Path: <webmaster@divx.example>\r\n"
                                "Received: from b\r\n\tby c; Sat, 05 Feb 2005 14:30:25 +0100\r\n"
                                "From: =?utf-8?q?Zo=C3=A9?= <zoe@divx.example>\r\n"
                                "To: chris@free.example\r\n"
                                "Date: Sat, 05 Feb 2005 14:30:34 +0100\r\n";

#define KEPT ((struct span){kept_text, sizeof kept_text - 1})

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

static void tells_what_became_of_the_original_in_its_language(void **state)
{
    struct notice_host with = host;
    struct incident incident = an_incident();
    struct notice_template *template;

    expect_has(render(SPAN("Content-Language: fr-CA\n\n%VDINFO%\n"), &incident, KEPT),
               "sous le nom : 0011223344556677.mail");
    incident.file[0] = '\0';
    expect_has(render(SPAN("Content-Language: fr\n\n%VDINFO%\n"), &incident, KEPT),
               "a \xc3\xa9t\xc3\xa9 d\xc3\xa9truit.");
    expect_has(render(SPAN("Content-Language: en\n\n%VDINFO%\n"), &incident, KEPT), "has been destroyed.");
    with.deleted = "Parti !";
    with.language = "fr";
    template = parse(SPAN("\n%VDINFO% %MAILFILE%\n"), &with);
    buf_clear(&out);
    notice_render(template, &incident, NULL, &out);
    notice_template_free(&template);
    expect_has(buf_c_str(&out), "\r\n\r\nParti ! inconnu\r\n");
}

static const char *const tags[] = {"de", "en", "es", "fr", "it", "nl", "pl", "pt"};

/* Renders an incident with a template in that language that contains only `body`. */
static const char *say(const char *tag, const char *body, const struct incident *incident)
{
    struct buf text = {0};
    const char *found;

    buf_add_format(&text, "Content-Language: %s\n\n%s\n", tag, body);
    found = strstr(render(buf_span(&text), incident, SPAN("")), "\r\n\r\n") + 4;
    buf_fini(&text);
    return found;
}

static void has_words_of_its_own_in_each_language(void **state)
{
    static const char body[] = "%MAILFROM%\n%VDINFO%\n%VIRUSNAME%";
    char *seen[2 * sizeof tags / sizeof *tags];
    size_t n = 0;

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        for (int is_kept = 0; is_kept < 2; is_kept++) {
            struct incident incident = {0};

            if (is_kept)
                memcpy(incident.file, "0011223344556677.mail", sizeof "0011223344556677.mail");
            verdict_set(&incident.verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED, SPAN(""));
            seen[n] = strdup(say(tags[i], body, &incident));
            for (size_t j = 0; j < n; j++)
                assert_string_not_equal(seen[j], seen[n]);
            assert_int_equal(strstr(seen[n], "0011223344556677.mail\r\n") != NULL, is_kept);
            n++;
        }
    while (n)
        free(seen[--n]);
}

static void names_what_was_held_back(void **state)
{
    static const char body[] = "\n%PROTOCOL%|%KIND%|%DIRECTION%|%FILENAME%\n";
    struct incident incident = an_incident();

    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nPOP3|mail|download|unknown\r\n");
    snprintf(incident.protocol, sizeof incident.protocol, "FTP");
    snprintf(incident.name, sizeof incident.name, "/pub/a\r\n.\r\n.exe");
    incident.kind = MESSAGE_FILE;
    incident.direction = MESSAGE_UPLOAD;
    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nFTP|file|upload|/pub/a . .exe\r\n");
    expect_valid();
    incident.kind = incident.direction = 255;
    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nFTP|mail|download|");
}

static void has_words_for_each_kind_and_direction(void **state)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct notice_words *words = notice_words_find(span_of(tags[i]));

        assert_true(words->kinds[MESSAGE_MAIL][0] && words->directions[MESSAGE_DOWNLOAD][0]);
        assert_string_not_equal(words->kinds[MESSAGE_MAIL], words->kinds[MESSAGE_FILE]);
        assert_string_not_equal(words->directions[MESSAGE_DOWNLOAD], words->directions[MESSAGE_UPLOAD]);
    }
}

static void has_words_for_the_languages_of_the_configuration(void **state)
{
    static const char *const languages[] = {CONF_LANGUAGES};

    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        assert_string_equal(notice_words_find(span_of(languages[i]))->tag, languages[i]);
}

static void has_a_word_for_each_reason(void **state)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct notice_words *words = notice_words_find(span_of(tags[i]));

        for (unsigned reason = UNSCANNABLE_ENCRYPTED; reason <= UNSCANNABLE_ENGINE; reason++)
            for (unsigned other = 0; other < reason; other++)
                assert_string_not_equal(words->reasons[reason], words->reasons[other]);
    }
}

static void the_subject_is_the_languages_where_nothing_else_is_configured(void **state)
{
    struct notice_host with = host;
    struct incident incident = an_incident();
    struct notice_template *template;

    with.subject = "";
    with.language = "de";
    template = parse(SPAN("\nx\n"), &with);
    buf_clear(&out);
    notice_render(template, &incident, NULL, &out);
    notice_template_free(&template);
    expect_has(buf_c_str(&out), "\r\nSubject: [Virus] in einer Nachricht an Sie: Worm.SomeFool.AA-2\r\n");
}

static void says_unknown_for_what_is_empty(void **state)
{
    struct incident incident = {0};
    const char *text = render(SPAN("\n%MAILFROM%|%SUBJECT%|%CLIENTIP%:%CLIENTPORT%|%VIRUSNAME%|%P3SCANID%\n"),
                              &incident, SPAN(""));

    expect_has(text, "\r\n\r\nunknown|unknown|unknown:unknown|unknown|unknown\r\n");
    expect_has(text, "From: \"Postern\" <postern@mercure.lab.example>\r\n");
    expect_lacks(text, "Message-ID");
    expect_lacks(text, "References");
    expect_valid();
}

static void makes_sense_for_what_could_not_be_scanned(void **state)
{
    struct incident incident = an_incident();

    verdict_set_found(&incident.verdict, SPAN("Heuristics.Limits.Exceeded.MaxFileSize"));
    expect_has(render(SPAN("\n%VIRUSNAME%\n"), &incident, KEPT),
               "\r\n\r\nnot scannable (limits): Heuristics.Limits.Exceeded.MaxFileSize\r\n");
    expect_has(render(SPAN("Content-Language: fr\n\n%VIRUSNAME%\n"), &incident, KEPT),
               "\r\n\r\nnon analysable (limites) : Heuristics.Limits.Exceeded.MaxFileSize\r\n");
    verdict_set(&incident.verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_MALFORMED, SPAN(""));
    expect_has(render(SPAN("\n%VIRUSNAME%\n"), &incident, KEPT), "\r\n\r\nnot scannable (malformed)\r\n");
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

static void expect_refused(struct span text, const char *why)
{
    struct notice_template *template = parse(text, &host);

    assert_null(template);
    assert_string_equal(buf_c_str(&error), why);
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
        cmocka_unit_test(tells_what_became_of_the_original_in_its_language),
        cmocka_unit_test(has_words_of_its_own_in_each_language),
        cmocka_unit_test(names_what_was_held_back),
        cmocka_unit_test(has_words_for_each_kind_and_direction),
        cmocka_unit_test(has_words_for_the_languages_of_the_configuration),
        cmocka_unit_test(has_a_word_for_each_reason),
        cmocka_unit_test(the_subject_is_the_languages_where_nothing_else_is_configured),
        cmocka_unit_test(says_unknown_for_what_is_empty),
        cmocka_unit_test(makes_sense_for_what_could_not_be_scanned),
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
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_fini(&out);
    buf_fini(&error);
    return failed;
}
