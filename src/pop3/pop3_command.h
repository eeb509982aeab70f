/* pop3_command: the commands of POP3, in one table.
 *
 * A line is parsed into a verb and its arguments. The server gets only their canonical form, never the
 * original bytes, so that it cannot understand the line differently from us [S1]. A verb that is not in the
 * table is refused, because its reply has an unknown form and could not be scanned.
 *
 * Numbers are plain decimal digits, at most 2^31-1. Message numbers begin with 1 (`RETR 01` is message 1;
 * `RETR +1` is invalid). Blanks (spaces and tabs) around arguments are ignored, except in PASS: its argument
 * is everything after one blank. A line must not contain CR, LF or NUL.
 *
 * RFC 1939 5-7; RFC 2449 (CAPA); RFC 2595 (STLS); RFC 5034 (AUTH); RFC 6856 (UTF8, LANG). */
#ifndef POSTERN_POP3_POP3_COMMAND_H
#define POSTERN_POP3_POP3_COMMAND_H

#include "base/span.h"

#include <stdint.h>

/* X(verb, arguments, shape of the reply without an argument, shape with one) */
#define POP3_COMMAND_TABLE(X)              \
    X(USER, TEXT, SINGLE, SINGLE)          \
    X(PASS, OPAQUE, SINGLE, SINGLE)        \
    X(APOP, TEXT, SINGLE, SINGLE)          \
    X(AUTH, TEXT_OR_NONE, MULTI, SASL)     \
    X(STAT, NONE, SINGLE, SINGLE)          \
    X(LIST, NUMBER_OR_NONE, MULTI, SINGLE) \
    X(RETR, NUMBER, MESSAGE, MESSAGE)      \
    X(DELE, NUMBER, SINGLE, SINGLE)        \
    X(NOOP, NONE, SINGLE, SINGLE)          \
    X(RSET, NONE, SINGLE, SINGLE)          \
    X(QUIT, NONE, SINGLE, SINGLE)          \
    X(TOP, NUMBER_LINES, MESSAGE, MESSAGE) \
    X(UIDL, NUMBER_OR_NONE, MULTI, SINGLE) \
    X(CAPA, NONE, MULTI, MULTI)            \
    X(STLS, NONE, SINGLE, SINGLE)          \
    X(UTF8, NONE, SINGLE, SINGLE)          \
    X(LANG, TEXT_OR_NONE, MULTI, SINGLE)

enum pop3_verb {
#define X(verb, arguments, without, with) POP3_##verb,
    POP3_COMMAND_TABLE(X)
#undef X
        POP3_VERB_COUNT
};

enum pop3_shape { POP3_SINGLE, POP3_MULTI, POP3_MESSAGE, POP3_SASL };

enum pop3_parsed { POP3_PARSED, POP3_UNKNOWN_VERB, POP3_BAD_ARGUMENTS };

enum {
    POP3_COMMAND_MAX = 255,              /* octets with CRLF, RFC 2449 4 */
    POP3_SASL_LINE_MAX = 16384,          /* AUTH with an initial response, or a SASL response [S4, S9] */
    POP3_REPLY_LINE_MAX = 8192,          /* [S9] */
    POP3_LISTING_MAX = 1000000,          /* lines of LIST and UIDL [S9] */
    POP3_OTHER_LISTING_MAX = 1000,       /* lines of CAPA, AUTH and LANG [S9] */
    POP3_LISTING_OCTETS_MAX = 128 << 20, /* [S9] */
    POP3_DROPPED_MAX = 1 << 20,          /* octets of an overlong command line [S9] */
    POP3_INVALID_COMMANDS_MAX = 100,     /* in succession [S9] */
    POP3_WRITTEN_MAX = POP3_SASL_LINE_MAX + 2, /* a canonical line and its CRLF */
};

struct pop3_command {
    enum pop3_verb verb;
    bool has_argument;
    uint32_t number;  /* message number; 0: none */
    uint32_t lines;   /* TOP */
    struct span text; /* argument of USER, PASS, APOP, AUTH, LANG; borrowed from the line */
};

/* `line` has no CRLF. */
enum pop3_parsed pop3_command_parse(struct span line, struct pop3_command *command);
/* Writes the canonical line with CRLF into out and returns its length. POP3_WRITTEN_MAX bytes suffice for any
 * command, POP3_COMMAND_MAX bytes for a command without text. */
size_t pop3_command_write(const struct pop3_command *command, char *out, size_t size);
enum pop3_shape pop3_command_shape(const struct pop3_command *command);
const char *pop3_verb_name(enum pop3_verb verb);

#endif
