#include "conf/p3scan.h"

#include "base/text.h"
#include "conf/token.h"

/* What is put together from several keys, after the last line; empty: not set. */
struct p3scan {
    struct buf ip, port, target_ip, target_port, type, scanner;
    struct reading_place listen_at, target_at, engine_at, scanner_at, level_at;
    bool debug, quiet;
};

struct key {
    const char *name;
    void (*take)(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value);
    const char *section, *setting; /* ours, where there is one */
    const char *text;              /* of a flag: what the setting becomes; of a key that is gone: what replaces it */
};

static void set(struct reading *reading, const struct key *key, struct span value)
{
    reading_set(reading, schema_find(span_of(key->section), span_of(key->setting)), span_of(key->name), value);
}

/* For what no line of the file says alone: the place is where one of its keys stood. */
static void set_at(struct reading *reading, struct reading_place place, const char *section, const char *setting,
                   const char *label, struct buf *value)
{
    reading->at = place;
    reading_set(reading, schema_find(span_of(section), span_of(setting)), span_of(label), buf_span(value));
}

static bool has_value(struct reading *reading, const struct key *key, struct span value)
{
    if (value.n == 0)
        reading_problem(reading, true, "%s needs a value", key->name);
    return value.n > 0;
}

static void take_value(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (has_value(reading, key, value))
        set(reading, key, value);
}

static void take_text(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    set(reading, key, value);
}

static void take_flag(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (value.n)
        reading_problem(reading, false, "%s is on wherever it stands; its value is not read", key->name);
    if (key->setting)
        set(reading, key, span_of(key->text));
}

static void take_level(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    take_flag(reading, p3scan, key, value);
    p3scan->level_at = reading->at;
    if (key->text[0] == 'd')
        p3scan->debug = true;
    else
        p3scan->quiet = true;
}

static void take_gone(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    reading_problem(reading, false, "%s has no effect: %s", key->name, key->text);
}

static void keep(struct buf *into, struct span value)
{
    buf_clear(into);
    buf_add(into, value);
}

static void take_listen(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (!has_value(reading, key, value))
        return;
    keep(key->text[0] == 'i' ? &p3scan->ip : &p3scan->port, value);
    p3scan->listen_at = reading->at;
}

static void take_target(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (!has_value(reading, key, value))
        return;
    keep(key->text[0] == 'i' ? &p3scan->target_ip : &p3scan->target_port, value);
    if (key->text[0] == 'i')
        p3scan->target_at = reading->at;
}

static void take_type(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (!has_value(reading, key, value))
        return;
    keep(&p3scan->type, value);
    p3scan->engine_at = reading->at;
}

static void take_scanner(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    if (!has_value(reading, key, value))
        return;
    keep(&p3scan->scanner, value);
    p3scan->scanner_at = reading->at;
}

/* A list with commas or blanks; goodcode's come on top of 0. */
static void take_codes(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
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

/* "/N" at the end names the group. */
static void take_pattern(struct reading *reading, struct p3scan *p3scan, const struct key *key, struct span value)
{
    struct span group = SPAN("1");

    if (!has_value(reading, key, value))
        return;
    if (value.n > 2 && value.p[value.n - 2] == '/' && value.p[value.n - 1] >= '0' && value.p[value.n - 1] <= '9') {
        group = span_from(value, value.n - 1);
        value.n -= 2;
    }
    set(reading, key, value);
    reading_set(reading, schema_find(SPAN("command"), SPAN("name_group")), span_of(key->name), group);
}

#define NOT_YET "this version does not score spam"
#define ONLY_POP3 "only POP3 is scanned"
#define NO_MAIL "incidents are logged, and the quarantine lists them; no mail is sent"
#define NO_REWRITE "a message is delivered byte for byte or not at all"
#define LOG_TO_STDERR "log lines go to standard error, for the service manager to keep"
#define LOG_LEVEL "log_level = debug logs all there is"
#define COMMAND_LINE "it belongs on the command line; see postern(8)"
#define BLACKLIST "there is no list of users; interception rules choose who is scanned"

static const struct key keys[] = {
    {"pidfile", take_value, "postern", "pid_file", NULL},
    {"maxchilds", take_value, "pop3", "max_sessions", NULL},
    {"user", take_value, "postern", "user", NULL},
    {"notifydir", take_value, "spool", "directory", NULL},
    {"virusdir", take_value, "quarantine", "directory", NULL},
    {"template", take_value, "notice", "template", NULL},
    {"subject", take_text, "notice", "subject", NULL},
    {"notify", take_text, "notice", "deleted", NULL},
    {"delnotify", take_text, "notice", "deleted", NULL},
    {"justdelete", take_flag, "policy", "infected", "delete"},
    {"delete", take_flag, "policy", "infected", "delete"},
    {"enabletop", take_flag, "pop3", "top", "yes"},
    {"ip", take_listen, NULL, NULL, "ip"},
    {"port", take_listen, NULL, NULL, "port"},
    {"targetip", take_target, NULL, NULL, "ip"},
    {"targetport", take_target, NULL, NULL, "port"},
    {"scannertype", take_type, NULL, NULL, NULL},
    {"scanner", take_scanner, NULL, NULL, NULL},
    {"viruscode", take_codes, "command", "infected_codes", NULL},
    {"goodcode", take_codes, "command", "clean_codes", "0"},
    {"virusregexp", take_pattern, "command", "name", NULL},
    {"debug", take_level, NULL, NULL, "debug"},
    {"quiet", take_level, NULL, NULL, "quiet"},

    {"timeout", take_gone, NULL, NULL, "this version lets a client wait for its message as long as the scan takes"},
    {"bytesfree", take_gone, NULL, NULL, "a full disk refuses the one message that does not fit, and nothing stops"},
    {"freespace", take_gone, NULL, NULL, "a full disk refuses the one message that does not fit, and nothing stops"},
    {"checkspam", take_gone, NULL, NULL, NOT_YET},
    {"spamcheck", take_gone, NULL, NULL, NOT_YET},
    {"ispspam", take_gone, NULL, NULL, NOT_YET},
    {"spamsubject", take_gone, NULL, NULL, NOT_YET},
    {"spamdelete", take_gone, NULL, NULL, NOT_YET},
    {"nospampipe", take_gone, NULL, NULL, NOT_YET},

    {"broken", take_gone, NULL, NULL, "no client needs another treatment"},
    {"useurl", take_gone, NULL, NULL, "the server is the one that the client meant, or the target of interception = fixed"},
    {"authuser", take_gone, NULL, NULL, BLACKLIST},
    {"userlist", take_gone, NULL, NULL, BLACKLIST},
    {"blackshort", take_gone, NULL, NULL, BLACKLIST},
    {"blacksubj", take_gone, NULL, NULL, BLACKLIST},
    {"emailport", take_gone, NULL, NULL, ONLY_POP3},
    {"smtpport", take_gone, NULL, NULL, ONLY_POP3},
    {"imapport", take_gone, NULL, NULL, ONLY_POP3},
    {"smtprset", take_gone, NULL, NULL, ONLY_POP3},
    {"smtpsize", take_gone, NULL, NULL, ONLY_POP3},
    {"checksize", take_gone, NULL, NULL, ONLY_POP3},
    {"footer", take_gone, NULL, NULL, ONLY_POP3},
    {"sslport", take_gone, NULL, NULL, "POP3 inside TLS is not intercepted"},
    {"skipsize", take_gone, NULL, NULL, "every message is scanned; message_max bounds what is accepted"},
    {"extra", take_gone, NULL, NULL, NO_MAIL},
    {"extrapgm", take_gone, NULL, NULL, NO_MAIL},
    {"xmail", take_gone, NULL, NULL, NO_MAIL},
    {"emergcon", take_gone, NULL, NULL, NO_MAIL},
    {"altvnmsg", take_gone, NULL, NULL, "the notice is always a message of its own, from the template"},
    {"demime", take_gone, NULL, NULL, "engine builtin takes messages apart itself"},
    {"renattach", take_gone, NULL, NULL, NO_REWRITE},
    {"overwrite", take_gone, NULL, NULL, NO_REWRITE},
    {"parsehtml", take_gone, NULL, NULL, NO_REWRITE},
    {"cleankill", take_gone, NULL, NULL, "SIGTERM always lets messages in flight end"},
    {"noeom", take_gone, NULL, NULL, "the end of a message is never sent before its verdict"},
    {"logopt", take_gone, NULL, NULL, LOG_TO_STDERR},
    {"logfac", take_gone, NULL, NULL, LOG_TO_STDERR},
    {"debug-imap", take_gone, NULL, NULL, LOG_LEVEL},
    {"debug-memory", take_gone, NULL, NULL, LOG_LEVEL},
    {"debug-message", take_gone, NULL, NULL, LOG_LEVEL},
    {"debug-scanning", take_gone, NULL, NULL, LOG_LEVEL},
    {"debug-smtp", take_gone, NULL, NULL, LOG_LEVEL},
    {"configfile", take_gone, NULL, NULL, COMMAND_LINE},
    {"version", take_gone, NULL, NULL, COMMAND_LINE},
    {"help", take_gone, NULL, NULL, COMMAND_LINE},
};

enum { KEYS = sizeof keys / sizeof keys[0] };

static const struct key *find_key(struct span name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (span_eq(name, span_of(keys[i].name)))
            return &keys[i];
    return NULL;
}

static void unknown(struct reading *reading, struct span name)
{
    struct token_near near = token_near_to(name);

    for (size_t i = 0; i < KEYS; i++)
        token_near_try(&near, keys[i].name);
    if (schema_section_of(name))
        reading_problem(reading, false,
                        "unknown key %.*s: it is one of [%s] in a file of Postern's own, which begins with a [section]",
                        (int)name.n, name.p, schema_section_of(name));
    else if (near.found)
        reading_problem(reading, false, "unknown key %.*s; did you mean %s?", (int)name.n, name.p, near.found);
    else
        reading_problem(reading, false, "unknown key %.*s", (int)name.n, name.p);
}

static void read_pair(struct reading *reading, struct p3scan *p3scan, struct span line)
{
    const struct key *key;
    struct span name, value;
    size_t n = 0;

    while (n < line.n && !token_is_blank(line.p[n]) && line.p[n] != '=')
        n++;
    name = span_first(line, n);
    value = token_trim(span_from(line, n));
    if (value.n && value.p[0] == '=')
        value = token_trim(span_from(value, 1));
    key = find_key(name);
    if (key)
        key->take(reading, p3scan, key, value);
    else
        unknown(reading, name);
}

static void read_line(struct reading *reading, struct span line, void *context)
{
    struct buf utf8 = {0};

    if (text_is_utf8(line))
        buf_add(&utf8, line);
    else
        token_add_latin1(&utf8, line);
    if (line.p[0] == '[')
        reading_problem(reading, true, "a [section] behind keys that stand in none: a file is either P3Scan's, and has "
                                       "none, or Postern's, and begins with one");
    else
        read_pair(reading, context, buf_span(&utf8));
    buf_fini(&utf8);
}

/* "address:port" of what the file said, with what it left out. */
static void join(struct buf *out, const struct buf *address, const char *address_else, const struct buf *port,
                 const char *port_else)
{
    buf_add(out, address->n ? buf_span(address) : span_of(address_else));
    buf_add_char(out, ':');
    buf_add(out, port->n ? buf_span(port) : span_of(port_else));
}

static void finish_addresses(struct reading *reading, struct p3scan *p3scan)
{
    struct buf listen = {0}, target = {0}, fixed = {0};

    join(&listen, &p3scan->ip, "0.0.0.0", &p3scan->port, "8110");
    set_at(reading, p3scan->listen_at, "pop3", "listen", "ip and port", &listen);
    if (p3scan->target_ip.n && !span_eq(buf_span(&p3scan->target_ip), SPAN("0.0.0.0"))) {
        join(&target, &p3scan->target_ip, "", &p3scan->target_port, "110");
        set_at(reading, p3scan->target_at, "pop3", "target", "targetip and targetport", &target);
        buf_add(&fixed, SPAN("fixed"));
        set_at(reading, p3scan->target_at, "pop3", "interception", "targetip", &fixed);
    }
    buf_fini(&listen);
    buf_fini(&target);
    buf_fini(&fixed);
}

/* scannertype -> [scan] engines; NULL where we have nothing like it. */
static const char *engine_of(struct span type)
{
    static const char *const engines[][2] = {
        {"basic", "command"}, {"clamav", "builtin"}, {"clamd", "clamd"}, {"auto", "builtin"}};

    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (span_eq_nocase(type, span_of(engines[i][0])))
            return engines[i][1];
    return NULL;
}

static void finish_engine(struct reading *reading, struct p3scan *p3scan)
{
    struct span type = p3scan->type.n ? buf_span(&p3scan->type) : p3scan->scanner.n ? SPAN("basic") : SPAN("clamav");
    const char *engine = engine_of(type);
    struct buf engines = {0};

    reading->at = p3scan->engine_at.line ? p3scan->engine_at : p3scan->scanner_at;
    if (!engine) {
        reading_problem(reading, true,
                        "scannertype %.*s is not supported: basic runs a program for each message, clamav is the "
                        "built-in engine",
                        (int)type.n, type.p);
        return;
    }
    buf_add(&engines, span_of(engine));
    set_at(reading, reading->at, "scan", "engines", "scannertype", &engines);
    if (engine[0] == 'c' && engine[1] == 'o') {
        if (p3scan->scanner.n)
            set_at(reading, p3scan->scanner_at, "command", "run", "scanner", &p3scan->scanner);
        else
            reading_problem(reading, true, "scannertype basic needs a scanner");
    }
    buf_fini(&engines);
}

static void finish_level(struct reading *reading, struct p3scan *p3scan)
{
    struct buf level = {0};

    if (p3scan->debug || p3scan->quiet) {
        buf_add(&level, p3scan->debug ? SPAN("debug") : SPAN("warning"));
        set_at(reading, p3scan->level_at, "postern", "log_level", "debug", &level);
    }
    buf_fini(&level);
}

bool p3scan_is(struct span text)
{
    struct span line = reading_first_line(text);

    return line.n > 0 && line.p[0] != '[';
}

void p3scan_read(struct reading *reading, struct span text)
{
    struct p3scan p3scan = {0};

    p3scan.listen_at = p3scan.engine_at = p3scan.scanner_at = (struct reading_place){reading->at.file, 0};
    reading->conf->pop3.tls = TLS_BLOCK;
    reading->conf->pop3.top = false;
    reading->conf->command.name_ungreedy = true;
    reading_each_line(reading, text, read_line, &p3scan);
    finish_addresses(reading, &p3scan);
    finish_engine(reading, &p3scan);
    finish_level(reading, &p3scan);
    for (struct buf *buf = &p3scan.ip; buf <= &p3scan.scanner; buf++)
        buf_fini(buf);
}
