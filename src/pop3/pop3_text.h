/* pop3_text: byte-stuffing of a multi-line response, added and removed (RFC 1939 3).
 *
 * Reading: pop3_unstuff takes the bytes of a message from the wire and gives its content in runs that borrow
 * the input, until CRLF.CRLF, the only thing that ends a message [S8]. Lines have no length limit; CR, LF and
 * NUL pass unchanged; only two bytes are stored. It also detects bare-LF dot lines [S8]: a "." between line
 * ends for a reader that accepts a bare LF or CR as a line end. Such a reader would take the following lines
 * for replies.
 *
 * Writing: pop3_stuff gives content in runs and reports where a dot must be inserted.
 *
 * Cutting: pop3_top finds the end of the header and n lines (CRLF lines, as a server counts them). pop3_head
 * finds the end of the header for the strictest reader (any bare CR or LF ends a line), and stops before a
 * bare-LF dot line. For both, several CRs before an LF are one line end, because some servers end lines with
 * CR CR LF.
 *
 * Joined, the runs do not depend on how the input was split. Nothing allocates. */
#ifndef POSTERN_POP3_POP3_TEXT_H
#define POSTERN_POP3_POP3_TEXT_H

#include "base/span.h"

#include <stdint.h>

enum pop3_unstuff_state { POP3_UNSTUFF_TEXT, POP3_UNSTUFF_DOT, POP3_UNSTUFF_DOT_CR, POP3_UNSTUFF_ENDED };

struct pop3_unstuff {
    enum pop3_unstuff_state state;
    char last[2];      /* the last two bytes of the wire, in order; initially CRLF */
    bool dot_pending;  /* the last byte is a "." after a bare CR or LF */
    uint8_t bare_dots; /* bare-LF dot lines: none, one, or 2 for more */
    uint64_t octets;   /* of content so far */
    uint64_t dots_end; /* octets of the content in which a line may begin with a dot: up to the last line from
                          which a dot was removed */
};

void pop3_unstuff_init(struct pop3_unstuff *unstuff);
/* Takes bytes from the front of *in and gives the next run of content, which may be empty. To be called until
 * `in` is empty or the state is POP3_UNSTUFF_ENDED; what remains in *in is then the next reply. */
struct span pop3_unstuff_next(struct pop3_unstuff *unstuff, struct span *in);

struct pop3_stuff {
    char last[2];
    uint64_t looks; /* octets in which lines that begin with a dot still have to be searched for */
};

#define POP3_DOTS_ANYWHERE UINT64_MAX

/* dots_end: the value of pop3_unstuff for the same content, or POP3_DOTS_ANYWHERE. Later content is not
 * searched. */
void pop3_stuff_init(struct pop3_stuff *stuff, uint64_t dots_end);
/* Takes the next run from *in. *dot: a "." precedes this run on the wire. */
struct span pop3_stuff_next(struct pop3_stuff *stuff, struct span *in, bool *dot);
/* Returns the end of the text on the wire: ".\r\n", after a CRLF if the content did not end in one. */
struct span pop3_stuff_end(const struct pop3_stuff *stuff);

struct pop3_top {
    uint32_t lines_left;
    bool in_body, ended;
    bool is_line_begun; /* by something other than a CR */
    bool cr;            /* the last byte was CR */
};

void pop3_top_init(struct pop3_top *top, uint32_t body_lines);
/* Returns how many bytes at the front of `in` belong to the header and the first body lines; sets `ended`. */
size_t pop3_top_next(struct pop3_top *top, struct span in);

enum { POP3_HEAD_MAX = 65536 }; /* [S6] */

struct pop3_head {
    uint32_t octets;
    uint32_t whole;       /* octets up to the last line end: where to cut if the header does not end */
    uint32_t line_octets; /* of the current line */
    unsigned crs;         /* CRs at the end, before a possible LF: none, one, or 2 for more */
    bool dot;             /* the current line is "." so far */
    bool ended; /* by an empty line, a bare-LF dot line, or the size: the header has `whole` octets */
};

void pop3_head_init(struct pop3_head *head);
void pop3_head_next(struct pop3_head *head, struct span in);

/* Does the text begin with a header field, so that one of ours may precede it [K1]? `start` has its first
 * POP3_FIELD_NAME_MAX bytes, or all of it. */
enum { POP3_FIELD_NAME_MAX = 128 };
bool pop3_starts_with_field(struct span start);

#endif
