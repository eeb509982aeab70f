#include "tests/fuzz/session_view.h"

#include "pop3/pop3_reply.h"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>

void session_view_init(struct session_view *view, bool is_lax)
{
    *view = (struct session_view){.is_lax = is_lax, .count = 1};
    view->queue[0] = (struct session_view_entry){.command.verb = POP3_NOOP, .is_sent = true};
}

void session_view_fini(struct session_view *view)
{
    buf_fini(&view->line);
}

struct session_view_entry *session_view_at(struct session_view *view, unsigned place)
{
    must(place < view->count);
    return &view->queue[(view->first + place) % SESSION_VIEW_QUEUE];
}

bool session_view_is_message(const struct session_view_entry *entry)
{
    return !entry->is_refused && pop3_command_shape(&entry->command) == POP3_MESSAGE;
}

/* As the server gets it: TOP with lines becomes RETR [S6]. */
static void set_echo(struct session_view_entry *entry)
{
    static char line[POP3_WRITTEN_MAX];
    struct pop3_command sent = entry->command;
    size_t n;

    if (sent.verb == POP3_TOP && (sent.lines > 0 || entry->is_whole))
        sent.verb = POP3_RETR;
    n = pop3_command_write(&sent, line, sizeof line) - 2;
    if (n <= SESSION_VIEW_ECHO)
        memcpy(entry->echo, line, n);
}

void session_view_command(struct session_view *view, struct span line,
                          bool (*is_altered)(const void *, uint32_t), const void *context)
{
    struct session_view_entry entry = {.is_refused = true};

    if (line.n <= POP3_SASL_LINE_MAX && pop3_command_parse(line, &entry.command) == POP3_PARSED) {
        entry.is_refused = false;
        entry.is_whole = entry.command.verb == POP3_TOP && is_altered(context, entry.command.number);
        set_echo(&entry);
        entry.command.text = (struct span){0};
    }
    must(view->count < SESSION_VIEW_QUEUE);
    view->queue[(view->first + view->count++) % SESSION_VIEW_QUEUE] = entry;
}

static void finish_entry(struct session_view *view)
{
    view->replies++;
    view->messages += view->state == VIEW_MESSAGE;
    view->state = VIEW_STATUS;
    view->first = (view->first + 1) % SESSION_VIEW_QUEUE;
    view->count--;
}

static void check_echo(const struct session_view *view, const struct session_view_entry *front,
                       struct span line)
{
    struct span sign = span_starts(line, SPAN("+OK #")) ? SPAN("+OK #") : SPAN("-ERR #");

    if (!view->is_lying && front->echo[0] && span_starts(line, sign))
        must(span_eq(span_from(line, sign.n), span_of(front->echo)));
}

static void take_ok(struct session_view *view, struct session_view_entry *front)
{
    must(!front->is_refused && front->is_sent);
    switch (pop3_command_shape(&front->command)) {
    case POP3_SINGLE:
    case POP3_SASL: finish_entry(view); break;
    case POP3_MULTI: view->state = VIEW_LISTING; break;
    case POP3_MESSAGE: view->state = VIEW_MESSAGE; break;
    }
}

/* Unambiguous for all clients: in capitals, followed by no letter. */
static bool is_plain(struct span line)
{
    size_t n = span_starts(line, SPAN("+OK")) ? 3 : span_starts(line, SPAN("-ERR")) ? 4 : 0;

    return n > 0 && (line.n == n || !isalpha((unsigned char)line.p[n]));
}

static void take_status(struct session_view *view, struct span line)
{
    struct session_view_entry *front;
    enum pop3_status status = pop3_reply_status(line);

    must(!view->is_farewell && status != POP3_MALFORMED);
    must(status == POP3_CONTINUE || is_plain(line));
    if (view->count == 0) {
        must(status == POP3_ERR);
        view->is_farewell = true;
        return;
    }
    front = session_view_at(view, 0);
    check_echo(view, front, line);
    if (status == POP3_CONTINUE)
        must(!front->is_refused && pop3_command_shape(&front->command) == POP3_SASL);
    else if (status == POP3_ERR)
        finish_entry(view);
    else
        take_ok(view, front);
}

static void take_line(struct session_view *view)
{
    struct span line = buf_span(&view->line);

    if (view->state == VIEW_STATUS)
        take_status(view, line);
    else if (span_eq(line, SPAN(".")))
        finish_entry(view);
    buf_clear(&view->line);
}

static void take_strict(struct session_view *view, char c)
{
    buf_add_char(&view->line, c);
    if (span_ends(buf_span(&view->line), SPAN("\r\n"))) {
        view->line.n -= 2;
        take_line(view);
    }
}

static void take_lax(struct session_view *view, char c)
{
    bool is_rest = c == '\n' && view->cr;

    view->cr = c == '\r';
    if (c != '\r' && c != '\n')
        buf_add_char(&view->line, c);
    else if (!is_rest)
        take_line(view);
}

void session_view_bytes(struct session_view *view, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (view->is_lax)
            take_lax(view, bytes.p[i]);
        else
            take_strict(view, bytes.p[i]);
    }
}
