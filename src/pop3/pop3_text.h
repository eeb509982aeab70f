/* pop3_text: adds and removes the byte-stuffing of a multi-line response (RFC 1939 3).
 *
 * Reading: pop3_unstuff takes the bytes of a message from the wire and returns its content in runs. A run is
 * borrowed from the input, or static. The message ends with CRLF.CRLF, and with no other bytes [S8]. Lines
 * have no length limit. CR, LF and NUL pass unchanged. pop3_unstuff also detects bare-LF dot lines [S8]: a
 * "." that is alone on its line for a reader that accepts a bare LF or CR as a line end. Such a reader would
 * take the following lines for replies.
 *
 * Writing: pop3_stuff returns content in runs and reports where a dot must be inserted.
 *
 * Cutting: pop3_top finds the end of the header and n lines of the body. It counts CRLF lines, as a server
 * does. pop3_head finds the end of the header for the strictest reader (any bare CR or LF ends a line), and
 * stops before a bare-LF dot line. For both, an LF and all CRs before it are one line end, because some
 * servers end lines with CR CR LF.
 *
 * The results do not depend on how the input was split. No function allocates memory. */
#ifndef POSTERN_POP3_POP3_TEXT_H
#define POSTERN_POP3_POP3_TEXT_H

#include "base/span.h"

#include <stdint.h>

enum pop3_unstuff_state { POP3_UNSTUFF_TEXT, POP3_UNSTUFF_DOT, POP3_UNSTUFF_DOT_CR, POP3_UNSTUFF_ENDED };

struct pop3_unstuff {
    enum pop3_unstuff_state state;
    char last[2];      /* the last two bytes of the wire, in order; initially CRLF */
    bool dot_pending;  /* the last byte is a "." after a bare CR or LF */
    uint8_t bare_dots; /* number of bare-LF dot lines: 0, 1, or 2 for more */
    uint64_t octets;   /* of content so far */
    uint64_t dots_end; /* no line after this many octets of content begins with a dot */
};

void pop3_unstuff_init(struct pop3_unstuff *unstuff);
/* Takes bytes from the front of *in and returns the next run of content, which may be empty. To be called
 * until *in is empty or the state is POP3_UNSTUFF_ENDED. Bytes that remain in *in after the end belong to the
 * next reply. */
struct span pop3_unstuff_next(struct pop3_unstuff *unstuff, struct span *in);

struct pop3_stuff {
    char last[2];
    uint64_t search_left; /* no line after this many further octets begins with a dot */
};

#define POP3_DOTS_ANYWHERE UINT64_MAX

/* dots_end: from the struct pop3_unstuff that returned the same content, or POP3_DOTS_ANYWHERE. */
void pop3_stuff_init(struct pop3_stuff *stuff, uint64_t dots_end);
/* Takes the next run from *in. Sets *dot to whether a "." must be sent before this run. */
struct span pop3_stuff_next(struct pop3_stuff *stuff, struct span *in, bool *dot);
/* Returns the end of the text for the wire: ".\r\n". If the content did not end in CRLF, a CRLF precedes
 * it. */
struct span pop3_stuff_end(const struct pop3_stuff *stuff);

struct pop3_top {
    uint32_t lines_left;
    bool in_body, ended;
    bool is_line_begun; /* the current line has a byte other than CR */
    bool cr;            /* the last byte was CR */
};

void pop3_top_init(struct pop3_top *top, uint32_t body_lines);
/* Returns how many bytes at the front of `in` belong to the header and the requested body lines. Sets `ended`
 * when the last of these lines has ended. */
size_t pop3_top_next(struct pop3_top *top, struct span in);

enum { POP3_HEAD_MAX = 65536 }; /* [S6] */

struct pop3_head {
    uint32_t octets;
    uint32_t whole;       /* octets up to the last line end; when `ended`: size of the header */
    uint32_t line_octets; /* of the current line */
    unsigned crs;         /* number of CRs since the last other byte: 0, 1, or 2 for more */
    bool dot;             /* the current line is "." so far */
    bool ended;           /* by an empty line, a bare-LF dot line, or POP3_HEAD_MAX */
};

void pop3_head_init(struct pop3_head *head);
void pop3_head_next(struct pop3_head *head, struct span in);

/* Returns whether the text begins with a header field, so that one of ours may precede it [K1]. `start` has
 * the first POP3_FIELD_NAME_MAX bytes of the text, or all of it if it is shorter. */
enum { POP3_FIELD_NAME_MAX = 128 };
bool pop3_starts_with_field(struct span start);

#endif
