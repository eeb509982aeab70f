/* Handles the client's commands. */

#include "pop3/pop3_session_internal.h"

#include "pop3/pop3_reply.h"
#include "core/sasl.h"

#include <assert.h>

/* Returns the first word for the log if it looks like a verb. Otherwise returns nothing, because the word may
 * be a misplaced password [P6]. */
static struct span loggable_verb(struct span line)
{
    size_t n = 0;

    while (n < line.n && ((line.p[n] >= 'A' && line.p[n] <= 'Z') || (line.p[n] >= 'a' && line.p[n] <= 'z')))
        n++;
    if (n > 4 || (n < line.n && line.p[n] != ' '))
        n = 0;
    return span_first(line, n);
}

static void answer_err(struct pop3_session *session, struct span line, enum err why)
{
    session->ops->refused(session->shell, loggable_verb(line), why);
    pop3_session_push(session, (struct pop3_session_entry){.state = ENTRY_LOCAL, .err = (uint8_t)why});
    pop3_session_advance(session);
}

/* Answers a line that is not a valid command. Valid commands that are refused are not counted here. */
static void answer_invalid(struct pop3_session *session, struct span line, enum err why)
{
    if (session->invalid_commands == POP3_INVALID_COMMANDS_MAX) {
        pop3_session_dismiss(session, ERR_CLIENT_ERRORS_MAX);
        return;
    }
    session->invalid_commands++;
    answer_err(session, line, why);
}

static void copy_text(char *into, size_t size, struct span text)
{
    text = span_first(text, size - 1);
    memcpy(into, text.p, text.n);
    into[text.n] = '\0';
}

static struct span first_word(struct span text)
{
    const char *blank = memchr(text.p, ' ', text.n);

    return blank ? span_first(text, (size_t)(blank - text.p)) : text;
}

/* A user name is accepted only before a successful login. Otherwise a client could log in as one user and
 * then send the name of another user. It would then receive messages that were released only for that other
 * user. */
static void set_user(struct pop3_session *session, struct span name)
{
    if (!session->logged_in)
        copy_text(session->user, sizeof session->user, session->user_unknown ? (struct span){"", 0} : name);
}

static bool is_login_outstanding(const struct pop3_session *session)
{
    for (unsigned i = 0; i < session->count; i++) {
        const struct pop3_session_entry *entry =
            &session->queue[(session->first + i) % POP3_SESSION_QUEUE_MAX];

        if (entry->state != ENTRY_LOCAL && pop3_session_is_login(entry))
            return true;
    }
    return false;
}

/* If a second user name arrives before the reply to a login, the user is unknown. */
static void note_second_user(struct pop3_session *session)
{
    session->user_unknown = session->user_unknown || (!session->logged_in && is_login_outstanding(session));
}

static void set_user_from_sasl(struct pop3_session *session, struct span response)
{
    char user[SASL_USER_MAX + 1];

    if (sasl_user(span_of(session->mechanism), session->sasl_step, response, user))
        set_user(session, span_of(user));
    session->sasl_step++;
}

static void begin_sasl(struct pop3_session *session, struct span text)
{
    struct span mechanism = first_word(text);
    struct span initial = span_from(text, mechanism.n + 1);

    copy_text(session->mechanism, sizeof session->mechanism, mechanism);
    session->sasl_step = 0;
    set_user(session, (struct span){"", 0}); /* the responses may contain another name, or none */
    if (initial.n)
        set_user_from_sasl(session, initial);
}

/* Records the user name, and whether the session is quitting. */
static void note_command(struct pop3_session *session, const struct pop3_command *command)
{
    if (command->verb == POP3_USER || command->verb == POP3_APOP || pop3_command_shape(command) == POP3_SASL)
        note_second_user(session);
    if (command->verb == POP3_USER)
        set_user(session, command->text);
    else if (command->verb == POP3_APOP)
        set_user(session, first_word(command->text));
    else if (pop3_command_shape(command) == POP3_SASL)
        begin_sasl(session, command->text);
    else if (command->verb == POP3_QUIT)
        session->quitting = true;
}

/* Returns the reason to refuse a message without requesting it from the server [S11], or ERR_NONE. */
static enum err refuse_message(struct pop3_session *session, uint32_t number)
{
    uint64_t octets = pop3_session_sizes_get(&session->sizes, number);

    if (octets > session->conf->listeners[PROTOCOL_POP3].message_max_bytes)
        return ERR_MESSAGE_TOO_LARGE;
    if (session->ops->has_space(session->shell, octets))
        return ERR_NONE;
    pop3_session_numbers_add(&session->undelivered, number);
    return ERR_SPOOL_FAILED;
}

/* Returns whether the command is answered from the whole scanned message: RETR, TOP with body lines [S6], or
 * TOP n 0 of a message in `altered`. */
static bool is_served_whole(const struct pop3_session *session, const struct pop3_command *command)
{
    return command->verb == POP3_RETR ||
           (command->verb == POP3_TOP &&
            (command->lines > 0 || pop3_session_numbers_has(&session->altered, command->number)));
}

static enum err refuse(struct pop3_session *session, const struct pop3_command *command, size_t octets)
{
    if (octets + 2 > POP3_COMMAND_MAX && command->verb != POP3_AUTH)
        return ERR_CLIENT_LINE_TOO_LONG;
    if (command->verb == POP3_TOP && !session->conf->pop3.top)
        return ERR_CLIENT_COMMAND_UNKNOWN;
    if (pop3_command_shape(command) == POP3_SASL && !pop3_mechanism_passes(first_word(command->text)))
        return ERR_CLIENT_MECHANISM;
    if (is_served_whole(session, command))
        return refuse_message(session, command->number);
    return pop3_session_tls_refuse(session, command);
}

/* The text may be a password, so the buffer is cleared. */
static void send_text_command(struct pop3_session *session, const struct pop3_command *command)
{
    char line[POP3_WRITTEN_MAX];
    size_t n = pop3_command_write(command, line, sizeof line);

    session->ops->send(session->shell, LEG_SERVER, (struct span){line, n});
    explicit_bzero(line, n);
}

/* Most commands have no text. They need neither the long buffer nor the expensive clearing. */
static void send_command(struct pop3_session *session, struct pop3_command command)
{
    if (is_served_whole(session, &command))
        command.verb = POP3_RETR;
    if (command.text.n)
        send_text_command(session, &command);
    else
        pop3_session_send_command(session, &command);
}

static void queue_command(struct pop3_session *session, const struct pop3_command *command)
{
    struct pop3_session_entry entry = {
        .verb = (uint8_t)command->verb,
        .shape = (uint8_t)pop3_command_shape(command),
        .number = command->number,
        .lines = command->lines,
        .is_whole = is_served_whole(session, command),
    };

    if (command->verb == POP3_DELE || command->verb == POP3_QUIT) {
        entry.state = ENTRY_HELD;
        session->held = true;
    } else {
        entry.state = ENTRY_SENT;
        if (entry.shape == POP3_MESSAGE)
            session->messages++;
        send_command(session, *command);
    }
    pop3_session_push(session, entry);
    pop3_session_advance(session);
}

static void take_valid(struct pop3_session *session, struct span line, const struct pop3_command *command)
{
    enum err why = refuse(session, command, line.n);

    if (why != ERR_NONE) {
        answer_err(session, line, why);
        return;
    }
    note_command(session, command);
    queue_command(session, command);
}

static void take_command(struct pop3_session *session, struct span line)
{
    struct pop3_command command;

    switch (pop3_command_parse(line, &command)) {
    case POP3_UNKNOWN_VERB: answer_invalid(session, line, ERR_CLIENT_COMMAND_UNKNOWN); return;
    case POP3_BAD_ARGUMENTS: answer_invalid(session, line, ERR_CLIENT_ARGUMENTS); return;
    case POP3_PARSED: break;
    }
    session->invalid_commands = 0;
    take_valid(session, line, &command);
}

/* Sends the client's response. If the server could read it as more than one line, sends "*" instead, which
 * aborts the exchange. */
static void take_response(struct pop3_session *session, struct span line)
{
    if (line.n && (memchr(line.p, '\r', line.n) || memchr(line.p, '\0', line.n)))
        line = SPAN("*");
    set_user_from_sasl(session, line);
    pop3_session_enter(session, SESSION_REPLY);
    session->ops->send(session->shell, LEG_SERVER, line);
    session->ops->send(session->shell, LEG_SERVER, SPAN("\r\n"));
}

void pop3_session_client_line(struct pop3_session *session, struct span line)
{
    assert(pop3_session_wants_client(session));
    if (session->phase == SESSION_SASL)
        take_response(session, line);
    else
        take_command(session, line);
}

void pop3_session_client_overlong(struct pop3_session *session)
{
    assert(pop3_session_wants_client(session));
    if (session->phase == SESSION_SASL)
        take_response(session, SPAN("*"));
    else
        answer_invalid(session, (struct span){0}, ERR_CLIENT_LINE_TOO_LONG);
}

void pop3_session_client_endless(struct pop3_session *session)
{
    pop3_session_close(session, ERR_CLIENT_LINE_TOO_LONG);
}

void pop3_session_client_ended(struct pop3_session *session)
{
    if (session->phase == SESSION_CLOSED)
        return;
    session->client_ended = true;
    if (session->phase == SESSION_IDLE || session->phase == SESSION_SASL ||
        pop3_session_is_starting_tls(session) || !session->greeted)
        pop3_session_close(session, ERR_CLIENT_GONE);
}

void pop3_session_client_gone(struct pop3_session *session)
{
    pop3_session_close(session, ERR_CLIENT_GONE);
}
