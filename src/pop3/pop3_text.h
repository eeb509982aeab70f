/* pop3_text: the dots of a multi-line reply, off and on (RFC 1939 3).
 *
 * Reading: pop3_unstuff takes the bytes of a message as they stand on the wire and gives its content in runs
 * that borrow the input, until CRLF.CRLF, the only thing that ends a message [S8]. Lines have no limit, CR,
 * LF and NUL pass as they are, and nothing is kept but two bytes. On the way it looks for the trap of [S8]: a
 * "." alone between line ends for a reader that takes a bare LF or CR for one. Such a reader would take what
 * follows for replies.
 *
 * Writing: pop3_stuff gives content back as runs and tells where a dot goes in between.
 *
 * Cutting: pop3_top finds where the header and n lines end (CRLF lines, as a server counts them); pop3_head
 * finds the end of the header for the most suspicious of readers (any bare CR or LF ends a line), and stops
 * before the trap. For both, several CRs before an LF are one line end: some servers end lines in CR CR LF.
 *
 * The runs depend on the bytes, not on the cuts: joined, they are the same. Nothing allocates. */
#ifndef POSTERN_POP3_POP3_TEXT_H
#define POSTERN_POP3_POP3_TEXT_H

#include "base/span.h"

#include <stdint.h>

enum pop3_unstuff_state { POP3_UNSTUFF_TEXT, POP3_UNSTUFF_DOT, POP3_UNSTUFF_DOT_CR, POP3_UNSTUFF_ENDED };

struct pop3_unstuff {
    enum pop3_unstuff_state state;
    char last[2];      /* the last two bytes of the wire, oldest first; at the start, a CRLF */
    bool dot_pending;  /* the last byte is a "." behind a bare CR or LF */
    uint8_t bare_dots; /* how often the trap was met; 2: or more */
    uint64_t octets;   /* of content, given until now */
    uint64_t dots_end; /* of them, those in which a line may begin with a dot: one was taken off there, or
                          before */
};

void pop3_unstuff_init(struct pop3_unstuff *unstuff);
/* Takes bytes off the front of *in and gives the next run of content, which may be empty. Call until in is
 * empty or the state is POP3_UNSTUFF_ENDED; what is then left in *in is the next reply. */
struct span pop3_unstuff_next(struct pop3_unstuff *unstuff, struct span *in);

struct pop3_stuff {
    char last[2];
    uint64_t looks; /* octets still to look through for lines that begin with a dot */
};

#define POP3_DOTS_ANYWHERE UINT64_MAX

/* dots_end: as pop3_unstuff had it of the same content, or POP3_DOTS_ANYWHERE. What lies behind passes
 * unlooked at. */
void pop3_stuff_init(struct pop3_stuff *stuff, uint64_t dots_end);
/* Takes the next run off *in. *dot: a "." goes to the wire before this run. */
struct span pop3_stuff_next(struct pop3_stuff *stuff, struct span *in, bool *dot);
/* What ends the text on the wire: ".\r\n", with a CRLF before it if the content did not end in one. */
struct span pop3_stuff_end(const struct pop3_stuff *stuff);

struct pop3_top {
    uint32_t lines_left;
    bool in_body, ended;
    bool is_line_begun; /* by something other than a CR */
    bool cr;            /* the last byte was CR */
};

void pop3_top_init(struct pop3_top *top, uint32_t body_lines);
/* How many bytes in front of `in` belong to the header and the first body lines; sets ended. */
size_t pop3_top_next(struct pop3_top *top, struct span in);

enum { POP3_HEAD_MAX = 65536 }; /* [S6] */

struct pop3_head {
    uint32_t octets;
    uint32_t whole;       /* octets up to and with the last line end: where to cut if the head never ends */
    uint32_t line_octets; /* of the line begun */
    unsigned crs;         /* after it, of which it is not known yet whether an LF follows; 2: or more */
    bool dot;             /* the line is a "." until now */
    bool ended; /* by its empty line, the trap, or the size: `whole` octets of what was given are the head */
};

void pop3_head_init(struct pop3_head *head);
void pop3_head_next(struct pop3_head *head, struct span in);

/* Does the text begin with a header field, so that a line of ours may stand before it? [K1] `start` is its
 * first bytes, POP3_FIELD_NAME_MAX of them or all there are. */
enum { POP3_FIELD_NAME_MAX = 128 };
bool pop3_starts_with_field(struct span start);

#endif
