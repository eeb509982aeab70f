#include "cmd/cmd.h"
#include "cmd/tls/tls_output.h"
#include "cmd/tls/tls_verbs.h"
#include "sys/durable.h"
#include "x509/authority.h"
#include "x509/certificate.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct facts {
    const char *file;
    struct buf name, fingerprint;
    int64_t from_s, until_s;
};

static bool read_facts(int directory, enum leaf_kind kind, struct facts *facts, struct buf *error)
{
    X509 *certificate = authority_read_certificate(directory, kind, error);

    if (!certificate)
        return false;
    facts->file = authority_certificate_file(kind);
    certificate_print_name(certificate, &facts->name);
    certificate_print_fingerprint(certificate, &facts->fingerprint);
    facts->from_s = certificate_not_before_s(certificate);
    facts->until_s = certificate_not_after_s(certificate);
    X509_free(certificate);
    return true;
}

static void print_date(const char *what, int64_t at_s)
{
    time_t at = at_s;
    struct tm tm;
    char text[32];

    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
    printf("  %-10s%s\n", what, text);
}

static void print_facts(const char *directory, enum leaf_kind kind, struct facts *facts)
{
    printf("%s\n  %-10s%s/%s\n  %-10s%s\n", buf_c_str(&facts->name), "file", directory, facts->file,
           "clients",
           kind == LEAF_TRUSTED ? "must trust it" : "must not trust it: it stands for bad certificates");
    print_date("from", facts->from_s);
    print_date("until", facts->until_s);
    printf("  %-10s%s\n", "SHA-256", buf_c_str(&facts->fingerprint));
}

static json_t *facts_json(const char *directory, enum leaf_kind kind, struct facts *facts)
{
    return json_pack("{s:b, s:s%, s:o, s:I, s:I, s:s}", "trusted", kind == LEAF_TRUSTED, "name",
                     facts->name.p ? facts->name.p : "", facts->name.n, "file",
                     json_sprintf("%s/%s", directory, facts->file), "from", (json_int_t)facts->from_s,
                     "until", (json_int_t)facts->until_s, "sha256", buf_c_str(&facts->fingerprint));
}

static int print_json(json_t *list)
{
    bool is_printed = list && json_dumpf(list, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;

    json_decref(list);
    return is_printed ? CMD_DONE : CMD_FAILED;
}

int cmd_tls_show(const struct conf *conf, const struct tls_options *options)
{
    struct buf error = {0};
    int directory = durable_open_directory(conf->tls.directory, &error);
    json_t *list = json_array();

    for (enum leaf_kind kind = 0; directory >= 0 && kind < LEAF_KINDS && error.n == 0; kind++) {
        struct facts facts = {0};

        if (read_facts(directory, kind, &facts, &error)) {
            if (options->json)
                json_array_append_new(list, facts_json(conf->tls.directory, kind, &facts));
            else
                print_facts(conf->tls.directory, kind, &facts);
        }
        buf_fini(&facts.name);
        buf_fini(&facts.fingerprint);
    }
    if (directory >= 0)
        close(directory);
    if (error.n) {
        json_decref(list);
        return tls_output_error(&error);
    }
    if (options->json)
        return print_json(list);
    json_decref(list);
    return CMD_DONE;
}
