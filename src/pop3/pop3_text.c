#include "pop3/pop3_text.h"

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

static void note_last_bytes(char last[2], struct span run)
{
    if (run.n >= 2)
        last[0] = run.p[run.n - 2];
    else if (run.n == 1)
        last[0] = last[1];
    if (run.n)
        last[1] = run.p[run.n - 1];
}

/* Sets `before` to the two bytes before position i of s; `last` has the two bytes before s. */
static void bytes_before(const char last[2], struct span s, size_t i, char before[2])
{
    before[0] = i >= 2 ? s.p[i - 2] : i == 1 ? last[1] : last[0];
    before[1] = i >= 1 ? s.p[i - 1] : last[1];
}

static bool is_crlf(const char pair[2])
{
    return pair[0] == '\r' && pair[1] == '\n';
}

void pop3_unstuff_init(struct pop3_unstuff *unstuff)
{
    *unstuff = (struct pop3_unstuff){.last = {'\r', '\n'}};
}

static struct span take(struct span *in, size_t n)
{
    struct span run = span_first(*in, n);

    *in = span_from(*in, n);
    return run;
}

static void note_bare_dot(struct pop3_unstuff *unstuff)
{
    if (unstuff->bare_dots < 2)
        unstuff->bare_dots++;
}

/* Returns the text up to the next dot that begins a line, and drops that dot. Counts bare-LF dot lines. */
static struct span take_text(struct pop3_unstuff *unstuff, struct span *in)
{
    struct span rest = *in;
    struct span run;
    char before[2];

    if (unstuff->dot_pending && ends_line(rest.p[0]))
        note_bare_dot(unstuff);
    unstuff->dot_pending = false;
    for (size_t i = 0;;) {
        const char *dot = memchr(rest.p + i, '.', rest.n - i);

        if (!dot)
            break;
        i = (size_t)(dot - rest.p);
        bytes_before(unstuff->last, rest, i, before);
        if (is_crlf(before)) {
            run = take(in, i);
            *in = span_from(*in, 1);
            unstuff->state = POP3_UNSTUFF_DOT;
            unstuff->last[1] = '.';
            return run;
        }
        if (ends_line(before[1])) {
            if (i + 1 == rest.n)
                unstuff->dot_pending = true;
            else if (ends_line(rest.p[i + 1]))
                note_bare_dot(unstuff);
        }
        i++;
    }
    note_last_bytes(unstuff->last, rest);
    return take(in, rest.n);
}

/* Handles the byte after a dot that began a line. A CR may belong to CRLF.CRLF. Anything else is text, even a
 * second dot. */
static struct span take_after_dot(struct pop3_unstuff *unstuff, struct span *in)
{
    if (in->p[0] == '\r') {
        *in = span_from(*in, 1);
        unstuff->state = POP3_UNSTUFF_DOT_CR;
        return (struct span){in->p, 0};
    }
    unstuff->state = POP3_UNSTUFF_TEXT;
    unstuff->dots_end = unstuff->octets + 1;
    unstuff->last[0] = unstuff->last[1] = '.';
    return take_text(unstuff, in);
}

/* Handles the byte after CRLF "." CR. An LF ends the message. Before any other byte, the CR is content. */
static struct span take_after_dot_cr(struct pop3_unstuff *unstuff, struct span *in)
{
    if (in->p[0] == '\n') {
        *in = span_from(*in, 1);
        unstuff->state = POP3_UNSTUFF_ENDED;
        return (struct span){in->p, 0};
    }
    unstuff->state = POP3_UNSTUFF_TEXT;
    unstuff->dots_end = unstuff->octets + 1;
    unstuff->last[0] = '.';
    unstuff->last[1] = '\r';
    return SPAN("\r");
}

static struct span next_run(struct pop3_unstuff *unstuff, struct span *in)
{
    if (in->n == 0)
        return *in;
    switch (unstuff->state) {
    case POP3_UNSTUFF_TEXT: return take_text(unstuff, in);
    case POP3_UNSTUFF_DOT: return take_after_dot(unstuff, in);
    case POP3_UNSTUFF_DOT_CR: return take_after_dot_cr(unstuff, in);
    case POP3_UNSTUFF_ENDED: break;
    }
    return (struct span){in->p, 0};
}

struct span pop3_unstuff_next(struct pop3_unstuff *unstuff, struct span *in)
{
    struct span run = next_run(unstuff, in);

    unstuff->octets += run.n;
    return run;
}

void pop3_stuff_init(struct pop3_stuff *stuff, uint64_t dots_end)
{
    *stuff = (struct pop3_stuff){{'\r', '\n'}, dots_end};
}

/* Returns the position of the first dot that begins a line, at `from` or later; in.n: there is none. */
static size_t find_line_dot(const char last[2], struct span in, size_t from)
{
    for (size_t i = from; i < in.n; i++) {
        const char *dot = memchr(in.p + i, '.', in.n - i);
        char before[2];

        if (!dot)
            break;
        i = (size_t)(dot - in.p);
        bytes_before(last, in, i, before);
        if (is_crlf(before))
            return i;
    }
    return in.n;
}

struct span pop3_stuff_next(struct pop3_stuff *stuff, struct span *in, bool *dot)
{
    struct span searched = span_first(*in, stuff->search_left < in->n ? (size_t)stuff->search_left : in->n);
    struct span run;
    size_t next;

    *dot = searched.n && searched.p[0] == '.' && is_crlf(stuff->last);
    next = find_line_dot(stuff->last, searched, *dot ? 1 : 0);
    run = take(in, next < searched.n ? next : in->n);
    note_last_bytes(stuff->last, run);
    stuff->search_left -= run.n < stuff->search_left ? run.n : stuff->search_left;
    return run;
}

struct span pop3_stuff_end(const struct pop3_stuff *stuff)
{
    return is_crlf(stuff->last) ? SPAN(".\r\n") : SPAN("\r\n.\r\n");
}

void pop3_top_init(struct pop3_top *top, uint32_t body_lines)
{
    *top = (struct pop3_top){.lines_left = body_lines};
}

/* Handles a CRLF. */
static void end_top_line(struct pop3_top *top)
{
    if (top->in_body)
        top->ended = --top->lines_left == 0;
    else if (!top->is_line_begun) {
        top->in_body = true;
        top->ended = top->lines_left == 0;
    }
    top->is_line_begun = false;
}

size_t pop3_top_next(struct pop3_top *top, struct span in)
{
    size_t i = 0;

    for (; i < in.n && !top->ended; i++) {
        if (in.p[i] == '\n' && top->cr)
            end_top_line(top);
        else if (in.p[i] != '\r')
            top->is_line_begun = true;
        top->cr = in.p[i] == '\r';
    }
    return i;
}

void pop3_head_init(struct pop3_head *head)
{
    *head = (struct pop3_head){0};
}

/* Handles `ends` consecutive line ends. A bare-LF dot line is not part of the header. */
static void end_head_line(struct pop3_head *head, unsigned ends)
{
    head->ended = head->line_octets == 0 || ends > 1 || head->dot;
    if (!head->dot)
        head->whole = head->octets;
    head->line_octets = head->crs = 0;
    head->dot = false;
}

/* An LF and all CRs before it are one line end. CRs that no LF follows are one line end each. */
static void take_head_byte(struct pop3_head *head, char c)
{
    if (head->crs && !ends_line(c))
        end_head_line(head, head->crs);
    head->ended = head->ended || head->octets == POP3_HEAD_MAX;
    if (head->ended)
        return;
    head->octets++;
    if (c == '\r') {
        head->crs = head->crs ? 2 : 1;
    } else if (c == '\n') {
        end_head_line(head, 1);
    } else {
        head->dot = head->line_octets == 0 && c == '.';
        head->line_octets++;
    }
}

void pop3_head_next(struct pop3_head *head, struct span in)
{
    for (size_t i = 0; i < in.n && !head->ended; i++)
        take_head_byte(head, in.p[i]);
}

bool pop3_starts_with_field(struct span start)
{
    for (size_t i = 0; i < start.n && i < POP3_FIELD_NAME_MAX; i++) {
        unsigned char c = (unsigned char)start.p[i];

        if (c == ':')
            return i > 0;
        if (c <= ' ' || c >= 0x7f)
            return false;
    }
    return false;
}
