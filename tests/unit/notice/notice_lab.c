#include "tests/unit/notice/notice_lab.h"

#include "mail/mail_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char id[] = "00112233445566778899aabbccddeeff";
static struct buf error;

struct buf out;

const struct notice_host host = {
    .host_name = "mercure",
    .domain_name = "lab.example",
    .version = "0.1.0",
    .subject = "[virus] dans un message pour vous:",
    .deleted = "",
};

struct incident an_incident(void)
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

struct notice_template *parse(struct span text, const struct notice_host *with)
{
    char *exact = malloc(text.n ? text.n : 1);
    struct notice_template *template;

    memcpy(exact, text.p, text.n);
    buf_clear(&error);
    template = notice_template_new((struct span){exact, text.n}, with, &error);
    free(exact);
    return template;
}

const char *render(struct span text, const struct incident *incident, struct span header)
{
    struct kept_header *kept = malloc(sizeof *kept);
    struct notice_template *template = parse(text, &host);

    if (!template)
        print_error("%s\n", buf_c_str(&error));
    assert_non_null(template);
    set_kept(kept, header);
    buf_clear(&out);
    notice_render(template, incident, kept, &out);
    notice_template_free(&template);
    assert_null(template);
    free(kept);
    return buf_c_str(&out);
}

void expect_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("no \"%s\" in:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

void expect_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        print_error("\"%s\" in:\n%s\n", part, text);
    assert_null(strstr(text, part));
}

void expect_valid(void)
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

void expect_refused(struct span text, const char *why)
{
    struct notice_template *template = parse(text, &host);

    assert_null(template);
    assert_string_equal(buf_c_str(&error), why);
}

int free_buffers(void **state)
{
    buf_fini(&out);
    buf_fini(&error);
    return 0;
}
