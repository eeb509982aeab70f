/* notice_render [--fit] TEMPLATE [LANGUAGE [VIRUS]] <MESSAGE: prints the notice that would replace this
 * message. --fit: for a client that may parse it by this message's header. */
#include "core/mail_facts.h"
#include "notice/notice.h"

#include <stdio.h>
#include <stdlib.h>

static void read_all(FILE *file, struct buf *bytes)
{
    size_t n;

    while ((n = fread(buf_reserve(bytes, 4096), 1, 4096, file)) > 0)
        bytes->n += n;
}

static void read_header(struct span bytes, struct mail_facts *facts, struct kept_header *kept,
                        struct mail_layout *layout)
{
    static struct mail_header header;
    struct mail_facts_reader reader;
    struct mail_field field;

    mail_header_init(&header);
    mail_facts_init(&reader, facts, kept);
    while (mail_header_next(&header, &bytes, &field) == MAIL_HEADER_FIELD) {
        mail_facts_field(&reader, &field);
        mail_layout_field(layout, &field);
    }
    while (mail_header_finish(&header, &field) == MAIL_HEADER_FIELD) {
        mail_facts_field(&reader, &field);
        mail_layout_field(layout, &field);
    }
    mail_layout_clean(layout);
}

static struct notice_template *load(const char *path, const char *language)
{
    struct notice_host host = {.host_name = "mercure",
                               .domain_name = "lab.example",
                               .version = "0",
                               .subject = "[virus] dans un message pour vous:",
                               .language = language};
    struct buf text = {0}, error = {0};
    struct notice_template *template;
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(1);
    }
    read_all(file, &text);
    fclose(file);
    template = notice_template_new(buf_span(&text), &host, &error);
    if (!template)
        fprintf(stderr, "%s:%s\n", path, buf_c_str(&error));
    buf_fini(&text);
    buf_fini(&error);
    return template;
}

int main(int argc, char **argv)
{
    static struct kept_header kept;
    static struct incident incident = {
        .id = "00112233445566778899aabbccddeeff",
        .file = "0123456789abcdef",
        .protocol = "POP3",
        .user = "bob",
        .client = "192.168.0.10:1395",
        .server = "193.252.22.90:110",
        .received_s = 1107610234,
    };
    static struct mail_layout layout;
    bool is_fit = argc > 1 && strcmp(argv[1], "--fit") == 0;
    struct notice_template *template;
    struct buf bytes = {0}, out = {0};

    argc -= is_fit;
    argv += is_fit;
    template = argc > 1 ? load(argv[1], argc > 2 ? argv[2] : NULL) : NULL;
    if (!template)
        return 1;
    read_all(stdin, &bytes);
    verdict_set_found(&incident.verdict, span_of(argc > 3 ? argv[3] : "Eicar-Test-Signature"));
    read_header(buf_span(&bytes), &incident.facts, &kept, &layout);
    notice_render_fit(template, &incident, &kept, is_fit ? &layout : NULL, &out);
    fwrite(out.p, 1, out.n, stdout);
    notice_template_free(&template);
    buf_fini(&bytes);
    buf_fini(&out);
    return 0;
}
