#include "conf/p3scan.h"

#include "base/text.h"
#include "conf/p3scan_clamd.h"
#include "conf/p3scan_keys.h"
#include "base/token.h"
#include "base/words.h"

/* Sets a setting whose value may come from several lines. `place` is the place of one of these lines. */
static void set_at(struct reading *reading, struct reading_place place, const char *section,
                   const char *setting, const char *label, struct buf *value)
{
    reading->at = place;
    reading_set(reading, schema_find(span_of(section), span_of(setting)), span_of(label), buf_span(value));
}

static void read_pair(struct reading *reading, struct p3scan_parts *parts, struct span line)
{
    struct span name, value;
    size_t n = 0;

    while (n < line.n && !token_is_blank(line.p[n]) && line.p[n] != '=')
        n++;
    name = span_first(line, n);
    value = token_trim(span_from(line, n));
    if (value.n && value.p[0] == '=')
        value = token_trim(span_from(value, 1));
    p3scan_take(reading, parts, name, value);
}

static bool contains(struct span line, struct span mark)
{
    return line.n && memmem(line.p, line.n, mark.p, mark.n);
}

/* Returns whether the line starts with ; or //, or is in a block comment. The file of release 2.3 begins with
 * a block comment. */
static bool is_comment(struct reading *reading, struct p3scan_parts *parts, struct span line)
{
    bool is_inside = parts->comment_at.line != 0;

    if (!is_inside && span_starts(line, SPAN("/*"))) {
        parts->comment_at = reading->at;
        is_inside = true;
        line = span_from(line, 2);
    }
    if (is_inside && contains(line, SPAN("*/")))
        parts->comment_at.line = 0;
    return is_inside || line.p[0] == ';' || span_starts(line, SPAN("//"));
}

static void read_line(struct reading *reading, struct span line, void *context)
{
    struct p3scan_parts *parts = context;
    struct buf utf8 = {0};

    if (is_comment(reading, parts, line))
        return;
    if (text_is_utf8(line))
        buf_add(&utf8, line);
    else
        token_add_latin1(&utf8, line);
    if (line.p[0] == '[')
        reading_problem(reading, true,
                        "[section] found after keys outside any section. P3Scan files have no sections; "
                        "a Postern file must begin with one.");
    else
        read_pair(reading, parts, buf_span(&utf8));
    buf_fini(&utf8);
}

/* Appends "address:port". A missing part gets its default. */
static void join(struct buf *out, const struct buf *address, const char *default_address,
                 const struct buf *port, const char *default_port)
{
    buf_add(out, address->n ? buf_span(address) : span_of(default_address));
    buf_add_char(out, ':');
    buf_add(out, port->n ? buf_span(port) : span_of(default_port));
}

static void finish_addresses(struct reading *reading, struct p3scan_parts *parts)
{
    struct buf listen = {0}, target = {0}, fixed = {0};

    join(&listen, &parts->ip, "0.0.0.0", &parts->port, "8110");
    set_at(reading, parts->listen_at, "pop3", "listen", "ip and port", &listen);
    if (parts->target_ip.n && !span_eq(buf_span(&parts->target_ip), SPAN("0.0.0.0"))) {
        join(&target, &parts->target_ip, "", &parts->target_port, "110");
        set_at(reading, parts->target_at, "pop3", "target", "targetip and targetport", &target);
        buf_add(&fixed, SPAN("fixed"));
        set_at(reading, parts->target_at, "pop3", "interception", "targetip", &fixed);
    }
    buf_fini(&listen);
    buf_fini(&target);
    buf_fini(&fixed);
}

/* Returns the engine that corresponds to a scannertype; NULL if there is none. */
static const char *engine_of(struct span type)
{
    static const char *const engines[][2] = {
        {"basic", "command"}, {"clamav", "builtin"}, {"clamd", "clamd"}, {"auto", "builtin"}};

    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (span_eq_nocase(type, span_of(engines[i][0])))
            return engines[i][1];
    return NULL;
}

static void finish_command(struct reading *reading, struct p3scan_parts *parts)
{
    if (parts->scanner.n)
        set_at(reading, parts->scanner_at, "command", "run", "scanner", &parts->scanner);
    else
        reading_problem(reading, true, "scannertype basic needs a scanner");
}

/* P3Scan supported clamd on a TCP port only. */
static void finish_clamd(struct reading *reading, struct p3scan_parts *parts)
{
    if (!parts->scanner.n)
        buf_add(&parts->scanner, SPAN("127.0.0.1:3310"));
    set_at(reading, parts->scanner_at, "clamd", "socket", "scanner", &parts->scanner);
}

/* Returns whether the program is clamdscan. clamdscan only passes a file to clamd, and it reports skipped
 * files as clean. Therefore Postern connects to clamd itself. */
static bool is_clamdscan(struct span scanner)
{
    struct words words;
    const char *name = words_init(&words, scanner) ? NULL : strrchr(words.at[0], '/');
    bool is_equal = name && strcmp(name, "/clamdscan") == 0;

    words_fini(&words);
    return is_equal;
}

static void finish_clamdscan(struct reading *reading, struct p3scan_parts *parts)
{
    struct buf engines = {0}, socket = {0};

    p3scan_clamd_socket(reading, buf_span(&parts->scanner), &socket);
    reading_problem(reading, false,
                    "scanner = clamdscan is read as engine clamd at %s, because clamdscan reports skipped "
                    "files as clean; write scannertype = clamd and scanner = %s",
                    buf_c_str(&socket), buf_c_str(&socket));
    buf_add(&engines, SPAN("clamd"));
    set_at(reading, parts->scanner_at, "scan", "engines", "scanner", &engines);
    set_at(reading, parts->scanner_at, "clamd", "socket", "scanner", &socket);
    buf_fini(&engines);
    buf_fini(&socket);
}

static void finish_engine(struct reading *reading, struct p3scan_parts *parts)
{
    struct span type = parts->type.n      ? buf_span(&parts->type)
                       : parts->scanner.n ? SPAN("basic")
                                          : SPAN("clamav");
    const char *engine = engine_of(type);
    struct buf engines = {0};

    reading->at = parts->engine_at.line ? parts->engine_at : parts->scanner_at;
    if (!engine) {
        reading_problem(
            reading, true,
            "scannertype %.*s is not supported: basic runs a program for each message, clamav is the "
            "built-in engine",
            (int)type.n, type.p);
        return;
    }
    if (span_eq(span_of(engine), SPAN("command")) && is_clamdscan(buf_span(&parts->scanner))) {
        reading->at = parts->scanner_at;
        finish_clamdscan(reading, parts);
        return;
    }
    buf_add(&engines, span_of(engine));
    set_at(reading, reading->at, "scan", "engines", "scannertype", &engines);
    if (span_eq(span_of(engine), SPAN("command")))
        finish_command(reading, parts);
    else if (span_eq(span_of(engine), SPAN("clamd")))
        finish_clamd(reading, parts);
    buf_fini(&engines);
}

static void finish_level(struct reading *reading, struct p3scan_parts *parts)
{
    struct buf level = {0};

    if (parts->debug || parts->quiet) {
        buf_add(&level, parts->debug ? SPAN("debug") : SPAN("warning"));
        set_at(reading, parts->level_at, "postern", "log_level", "debug", &level);
    }
    buf_fini(&level);
}

bool p3scan_detect(struct span text)
{
    struct span line = reading_first_line(text);

    return line.n > 0 && line.p[0] != '[';
}

void p3scan_read(struct reading *reading, struct span text)
{
    struct p3scan_parts parts = {0};

    parts.listen_at = parts.engine_at = parts.scanner_at = (struct reading_place){reading->at.file, 0};
    reading->conf->listeners[PROTOCOL_POP3].tls = TLS_BLOCK;
    reading->conf->pop3.top = false;
    reading->conf->command.name_ungreedy = true;
    reading_each_line(reading, text, read_line, &parts);
    if (parts.comment_at.line)
        reading_problem_at(reading, parts.comment_at, true, "the comment that begins here has no end");
    finish_addresses(reading, &parts);
    finish_engine(reading, &parts);
    finish_level(reading, &parts);
    for (struct buf *buf = &parts.ip; buf <= &parts.scanner; buf++)
        buf_fini(buf);
}
