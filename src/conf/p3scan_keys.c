#include "conf/p3scan_keys.h"

#include "base/token.h"

#include <inttypes.h>

struct key {
    const char *name;
    void (*take)(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                 struct span value);
    const char *section, *setting; /* the native setting, if there is one */
    const char *text; /* the value that a flag sets, the code that is added to those of goodcode, or the
                         warning for an obsolete key */
};

static void set(struct reading *reading, const struct key *key, struct span value)
{
    reading_set(reading, schema_find(span_of(key->section), span_of(key->setting)), span_of(key->name),
                value);
}

static bool has_value(struct reading *reading, const struct key *key, struct span value)
{
    if (value.n == 0)
        reading_problem(reading, true, "%s needs a value", key->name);
    return value.n > 0;
}

static void take_value(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                       struct span value)
{
    if (has_value(reading, key, value))
        set(reading, key, value);
}

static void take_text(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                      struct span value)
{
    set(reading, key, value);
}

static void take_flag(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                      struct span value)
{
    if (value.n)
        reading_problem(reading, false, "%s is on if it is present; its value is ignored", key->name);
    if (key->setting)
        set(reading, key, span_of(key->text));
}

static void take_debug(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                       struct span value)
{
    take_flag(reading, parts, key, value);
    parts->level_at = reading->at;
    parts->debug = true;
}

static void take_quiet(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                       struct span value)
{
    take_flag(reading, parts, key, value);
    parts->level_at = reading->at;
    parts->quiet = true;
}

static void take_obsolete(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                          struct span value)
{
    reading_problem(reading, false, "%s has no effect: %s", key->name, key->text);
}

/* Keeps a part of a setting. If a key occurs again, the last line counts. */
static void keep(struct reading *reading, const struct key *key, struct span value, struct buf *into,
                 struct reading_place *at)
{
    if (!has_value(reading, key, value))
        return;
    buf_clear(into);
    buf_add(into, value);
    *at = reading->at;
}

static void take_ip(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                    struct span value)
{
    keep(reading, key, value, &parts->ip, &parts->listen_at);
}

static void take_port(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                      struct span value)
{
    keep(reading, key, value, &parts->port, &parts->listen_at);
}

static void take_target_ip(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                           struct span value)
{
    keep(reading, key, value, &parts->target_ip, &parts->target_at);
}

static void take_target_port(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                             struct span value)
{
    keep(reading, key, value, &parts->target_port, &parts->target_at);
}

static void take_type(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                      struct span value)
{
    keep(reading, key, value, &parts->type, &parts->engine_at);
}

static void take_scanner(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                         struct span value)
{
    keep(reading, key, value, &parts->scanner, &parts->scanner_at);
}

/* The codes are separated by commas or blanks. goodcode adds its codes to code 0. */
static void take_codes(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                       struct span value)
{
    struct buf codes = {0};

    if (!has_value(reading, key, value))
        return;
    if (key->text)
        buf_add_format(&codes, "%s ", key->text);
    for (size_t i = 0; i < value.n; i++)
        buf_add_char(&codes, value.p[i] == ',' ? ' ' : value.p[i]);
    set(reading, key, token_trim(buf_span(&codes)));
    buf_fini(&codes);
}

/* Sets the setting to the value with this unit. The value must be a number without a unit. */
static void take_number_of(struct reading *reading, const struct key *key, struct span value,
                           const char *what, char unit)
{
    struct buf text = {0};
    uint64_t number;

    if (token_number(value, &number)) {
        buf_add_format(&text, "%" PRIu64 "%c", number, unit);
        set(reading, key, buf_span(&text));
    } else {
        reading_problem(reading, true, "%s needs a number of %s", key->name, what);
    }
    buf_fini(&text);
}

static void take_seconds(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                         struct span value)
{
    take_number_of(reading, key, value, "seconds", 's');
}

static void take_kilobytes(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                           struct span value)
{
    take_number_of(reading, key, value, "kilobytes", 'K');
}

/* A final "/N" is the number of the group. */
static void take_pattern(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                         struct span value)
{
    struct span group = SPAN("1");

    if (!has_value(reading, key, value))
        return;
    if (value.n > 2 && value.p[value.n - 2] == '/' && value.p[value.n - 1] >= '0' &&
        value.p[value.n - 1] <= '9') {
        group = span_from(value, value.n - 1);
        value.n -= 2;
    }
    set(reading, key, value);
    reading_set(reading, schema_find(SPAN("command"), SPAN("name_group")), span_of(key->name), group);
}

static bool is_language(struct span name)
{
    static const char *const languages[] = {CONF_LANGUAGES};

    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (span_eq_nocase(name, span_of(languages[i])))
            return true;
    return false;
}

/* Only the name of a P3Scan template shows its language: p3scan-fr.mail. */
static void take_template(struct reading *reading, struct p3scan_parts *parts, const struct key *key,
                          struct span value)
{
    const size_t tail = sizeof "-fr.mail" - 1;
    struct span end = value.n > tail ? span_from(value, value.n - tail) : value;
    struct span language = span_first(span_from(end, 1), 2);

    if (!has_value(reading, key, value))
        return;
    set(reading, key, value);
    if (end.p[0] == '-' && span_eq(span_from(end, 3), SPAN(".mail")) && is_language(language))
        reading_set(reading, schema_find(SPAN("notice"), SPAN("language")), span_of(key->name), language);
}

#define NOT_YET "this version does not score spam"
#define ONLY_POP3 "only POP3 is scanned"
#define NO_MAIL "incidents are logged, and the quarantine lists them; no mail is sent"
#define NO_REWRITE "the body of a message is never changed"
#define LOG_TO_STDERR "log lines go to standard error, for the service manager to keep"
#define LOG_LEVEL "log_level = debug logs everything"
#define COMMAND_LINE "see postern(8) for the command line"
#define BLACKLIST "there is no list of users; interception rules select the clients"

static const struct key keys[] = {
    {"pidfile", take_value, "postern", "pid_file", NULL},
    {"maxchilds", take_value, "pop3", "max_sessions", NULL},
    {"user", take_value, "postern", "user", NULL},
    {"notifydir", take_value, "spool", "directory", NULL},
    {"virusdir", take_value, "quarantine", "directory", NULL},
    {"template", take_template, "notice", "template", NULL},
    {"subject", take_text, "notice", "subject", NULL},
    {"notify", take_text, "notice", "deleted", NULL},
    {"delnotify", take_text, "notice", "deleted", NULL},
    {"justdelete", take_flag, "policy", "infected", "delete"},
    {"delete", take_flag, "policy", "infected", "delete"},
    {"enabletop", take_flag, "pop3", "top", "yes"},
    {"ip", take_ip, NULL, NULL, NULL},
    {"port", take_port, NULL, NULL, NULL},
    {"targetip", take_target_ip, NULL, NULL, NULL},
    {"targetport", take_target_port, NULL, NULL, NULL},
    {"scannertype", take_type, NULL, NULL, NULL},
    {"scanner", take_scanner, NULL, NULL, NULL},
    {"viruscode", take_codes, "command", "infected_codes", NULL},
    {"goodcode", take_codes, "command", "clean_codes", "0"},
    {"virusregexp", take_pattern, "command", "name", NULL},
    {"timeout", take_seconds, "pop3", "patience", NULL},
    {"bytesfree", take_kilobytes, "spool", "min_free", NULL},
    {"freespace", take_kilobytes, "spool", "min_free", NULL},
    {"debug", take_debug, NULL, NULL, NULL},
    {"quiet", take_quiet, NULL, NULL, NULL},

    {"checkspam", take_obsolete, NULL, NULL, NOT_YET},
    {"spamcheck", take_obsolete, NULL, NULL, NOT_YET},
    {"ispspam", take_obsolete, NULL, NULL, NOT_YET},
    {"spamsubject", take_obsolete, NULL, NULL, NOT_YET},
    {"spamdelete", take_obsolete, NULL, NULL, NOT_YET},
    {"nospampipe", take_obsolete, NULL, NULL, NOT_YET},

    {"broken", take_obsolete, NULL, NULL, "no client needs special treatment"},
    {"useurl", take_obsolete, NULL, NULL,
     "the server is the original destination, or the target of interception = fixed"},
    {"authuser", take_obsolete, NULL, NULL, BLACKLIST},
    {"userlist", take_obsolete, NULL, NULL, BLACKLIST},
    {"blackshort", take_obsolete, NULL, NULL, BLACKLIST},
    {"blacksubj", take_obsolete, NULL, NULL, BLACKLIST},
    {"emailport", take_obsolete, NULL, NULL, ONLY_POP3},
    {"smtpport", take_obsolete, NULL, NULL, ONLY_POP3},
    {"imapport", take_obsolete, NULL, NULL, ONLY_POP3},
    {"smtprset", take_obsolete, NULL, NULL, ONLY_POP3},
    {"smtpsize", take_obsolete, NULL, NULL, ONLY_POP3},
    {"checksize", take_obsolete, NULL, NULL, ONLY_POP3},
    {"footer", take_obsolete, NULL, NULL, ONLY_POP3},
    {"sslport", take_obsolete, NULL, NULL, "see [pop3] tls_ports, and [tls] mode = intercept"},
    {"skipsize", take_obsolete, NULL, NULL, "every message is scanned; message_max bounds what is accepted"},
    {"extra", take_obsolete, NULL, NULL, NO_MAIL},
    {"extrapgm", take_obsolete, NULL, NULL, NO_MAIL},
    {"xmail", take_obsolete, NULL, NULL, NO_MAIL},
    {"emergcon", take_obsolete, NULL, NULL, NO_MAIL},
    {"altvnmsg", take_obsolete, NULL, NULL, "the notice is always a message of its own, from the template"},
    {"demime", take_obsolete, NULL, NULL, "engine builtin takes messages apart itself"},
    {"renattach", take_obsolete, NULL, NULL, NO_REWRITE},
    {"overwrite", take_obsolete, NULL, NULL, NO_REWRITE},
    {"parsehtml", take_obsolete, NULL, NULL, NO_REWRITE},
    {"cleankill", take_obsolete, NULL, NULL,
     "after SIGTERM, messages in transfer have 30 seconds to complete"},
    {"noeom", take_obsolete, NULL, NULL, "the end of a message is never sent before its verdict"},
    {"logopt", take_obsolete, NULL, NULL, LOG_TO_STDERR},
    {"logfac", take_obsolete, NULL, NULL, LOG_TO_STDERR},
    {"debug-imap", take_obsolete, NULL, NULL, LOG_LEVEL},
    {"debug-memory", take_obsolete, NULL, NULL, LOG_LEVEL},
    {"debug-message", take_obsolete, NULL, NULL, LOG_LEVEL},
    {"debug-scanning", take_obsolete, NULL, NULL, LOG_LEVEL},
    {"debug-smtp", take_obsolete, NULL, NULL, LOG_LEVEL},
    {"configfile", take_obsolete, NULL, NULL, COMMAND_LINE},
    {"version", take_obsolete, NULL, NULL, COMMAND_LINE},
    {"help", take_obsolete, NULL, NULL, COMMAND_LINE},
};

enum { KEYS = sizeof keys / sizeof keys[0] };

static const struct key *find_key(struct span name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (span_eq(name, span_of(keys[i].name)))
            return &keys[i];
    return NULL;
}

static void report_unknown(struct reading *reading, struct span name)
{
    struct token_closest closest = token_closest_to(name);

    for (size_t i = 0; i < KEYS; i++)
        token_closest_try(&closest, keys[i].name);
    if (schema_section_of(name))
        reading_problem(
            reading, false,
            "unknown key %.*s: it is a key of [%s] in Postern's own format, which begins with a [section]",
            (int)name.n, name.p, schema_section_of(name));
    else if (closest.found)
        reading_problem(reading, false, "unknown key %.*s; did you mean %s?", (int)name.n, name.p,
                        closest.found);
    else
        reading_problem(reading, false, "unknown key %.*s", (int)name.n, name.p);
}

void p3scan_take(struct reading *reading, struct p3scan_parts *parts, struct span name, struct span value)
{
    const struct key *key = find_key(name);

    if (key)
        key->take(reading, parts, key, value);
    else
        report_unknown(reading, name);
}
