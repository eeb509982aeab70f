#include "proc/relay/relay_internal.h"

#include <time.h>

uint64_t relay_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Added to an errno of the spool or of accept, to distinguish it from the values of enum err. */
enum { SPOOL_ERRORS = 1000, ACCEPT_ERRORS = 2000 };

/* Refused commands per session that are logged at their usual level. */
enum { COMMANDS_LOGGED = 10 };

static void put_address(struct log_line *line, const char *key, const union inet_address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(&address->any, text);
    log_string(line, key, text);
}

static void put_fault(struct log_line *line, enum err why)
{
    log_string(line, "reason", err_name(why));
    log_string(line, "culprit", err_culprit_name(err_culprit(why)));
}

static void put_verdict(struct log_line *line, const struct verdict *verdict)
{
    log_string(line, "verdict", verdict_kind_name((enum verdict_kind)verdict->kind));
    if (verdict->reason != UNSCANNABLE_NONE)
        log_string(line, "unscannable", verdict_unscannable_name((enum unscannable)verdict->reason));
    if (verdict->name[0])
        log_string(line, "name", verdict->name);
    if (verdict->engine[0])
        log_string(line, "engine", verdict->engine);
}

void relay_log_begin(const struct relay_session *session)
{
    struct log_line line;

    log_begin(&line, EVENT_session_begin);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    log_end(&line);
}

void relay_log_end(const struct relay_session *session)
{
    struct log_line line;

    log_begin_at(&line, err_level(session->why), EVENT_session);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    log_string(&line, "user", session->protocol->user(session->state));
    log_number(&line, "ms", relay_now_ms() - session->begun_ms);
    log_number(&line, "messages", session->messages_seen);
    log_number(&line, "replaced", session->replaced);
    log_number(&line, "octets", session->octets);
    if (session->commands_refused)
        log_number(&line, "commands_refused", session->commands_refused);
    if (session->is_tunnel)
        log_number(&line, "unscanned_octets", session->tunnelled_octets);
    put_fault(&line, session->why);
    if (session->connect_timed_out && session->relay->conf->upstream.source == SOURCE_CLIENT)
        log_string(&line, "text",
                   "no answer to the connection under the client's address: with source = client the router "
                   "must send the server's replies back to this host, and rules here must keep them");
    log_end(&line);
}

/* Used as the client in reports that concern all clients. */
static const union inet_address all_clients = {.any.sa_family = AF_INET};

/* Refusals repeat: refused clients try again, mirrors probe every two seconds, and a limit remains reached
 * for a while. Therefore the same refusal of the same client is logged once per hour. A refusal that concerns
 * all clients is logged once per hour for all of them. Repetitions are counted, and logged only at level
 * debug. */
static enum log_level refused_level(struct relay *relay, const union inet_address *client, enum err why,
                                    uint64_t *suppressed)
{
    const union inet_address *subject =
        why == ERR_SESSIONS_MAX || why == ERR_PROCESS_LIMIT ? &all_clients : client;

    return repeats_is_news(&relay->repeats, subject, why, relay_now_ms(), suppressed) ? err_level(why)
                                                                                      : LOG_LEVEL_DEBUG;
}

/* A full disk or a lack of descriptors concerns every message, and clients try again. So such a fault is
 * logged once per hour. Repetitions are counted, and logged only at level debug. */
static enum log_level fault_level(struct relay *relay, enum err why, uint64_t *suppressed)
{
    *suppressed = 0;
    if (why != ERR_SPOOL_FAILED && why != ERR_PROCESS_LIMIT)
        return err_level(why);
    return repeats_is_news(&relay->repeats, &all_clients, why, relay_now_ms(), suppressed) ? err_level(why)
                                                                                           : LOG_LEVEL_DEBUG;
}

/* Logs an errno once per hour as an error, and otherwise at level debug. directory: NULL: none. */
static void log_error(struct relay *relay, enum log_event event, unsigned kind, int error,
                      const char *directory)
{
    uint64_t suppressed;
    bool is_news =
        repeats_is_news(&relay->repeats, &all_clients, kind + (unsigned)error, relay_now_ms(), &suppressed);
    struct log_line line;

    log_begin_at(&line, is_news ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG, event);
    if (!line.on)
        return;
    if (directory)
        log_string(&line, "directory", directory);
    log_string(&line, "text", strerror(error));
    if (suppressed)
        log_number(&line, "suppressed", suppressed);
    log_end(&line);
}

void relay_log_spool(struct relay *relay, int error)
{
    log_error(relay, EVENT_spool, SPOOL_ERRORS, error, relay->spool.directory);
}

/* Accepting is resumed after a moment, and fails again as long as the shortage lasts. */
void relay_log_paused(struct relay *relay, int error)
{
    log_error(relay, EVENT_accept, ACCEPT_ERRORS, error, NULL);
}

void relay_log_refused(struct relay *relay, const union inet_address *client,
                       const union inet_address *server, enum err why)
{
    uint64_t suppressed;
    struct log_line line;

    log_begin_at(&line, refused_level(relay, client, why, &suppressed), EVENT_refused);
    if (!line.on)
        return;
    put_address(&line, "client", client);
    if (server->any.sa_family)
        put_address(&line, "server", server);
    put_fault(&line, why);
    if (suppressed)
        log_number(&line, "suppressed", suppressed);
    log_end(&line);
}

static const char *const fates[] = {"delivered", "marked", "replaced", "released", "refused"};

void relay_log_message(const struct held_message *message, const struct protocol_outcome *outcome)
{
    struct log_line line;
    uint64_t suppressed;

    log_begin_at(&line, fault_level(message->session->relay, outcome->why, &suppressed), EVENT_message);
    if (!line.on)
        return;
    log_string(&line, "session", message->session->id);
    log_string(&line, "command", outcome->command);
    if (outcome->number)
        log_number(&line, "number", outcome->number);
    log_number(&line, "octets", outcome->octets);
    log_number(&line, "ms", relay_now_ms() - message->begun_ms);
    if (outcome->verdict)
        put_verdict(&line, outcome->verdict);
    log_string(&line, "fate", fates[outcome->fate]);
    if (outcome->why != ERR_NONE)
        put_fault(&line, outcome->why);
    if (suppressed)
        log_number(&line, "suppressed", suppressed);
    if (message->incident && message->incident->incident.id[0])
        log_string(&line, "incident", message->incident->incident.id);
    log_end(&line);
}

void relay_log_known(const struct held_message *message)
{
    struct log_line line;

    log_begin(&line, EVENT_verdict_known);
    if (!line.on)
        return;
    log_string(&line, "session", message->session->id);
    put_verdict(&line, message->known);
    log_end(&line);
}

static void put_facts(struct log_line *line, const struct mail_facts *facts)
{
    log_string(line, "from", facts->from);
    log_string(line, "to", facts->to);
    log_string(line, "subject", facts->subject);
}

static void put_file(struct log_line *line, const struct incident *incident)
{
    log_string(line, "protocol", incident->protocol);
    log_string(line, "direction", message_direction_name((enum message_direction)incident->direction));
    log_string(line, "name", incident->name);
}

void relay_log_incident(const struct held_message *message)
{
    const struct incident *incident = &message->incident->incident;
    struct log_line line;

    log_begin(&line, EVENT_incident);
    if (!line.on)
        return;
    log_string(&line, "incident", incident->id);
    log_string(&line, "session", message->session->id);
    put_verdict(&line, &incident->verdict);
    log_string(&line, "file", incident->file[0] ? incident->file : "destroyed");
    log_string(&line, "user", incident->user);
    if (incident->kind == MESSAGE_MAIL)
        put_facts(&line, &incident->facts);
    else
        put_file(&line, incident);
    log_string(&line, "client", incident->client);
    log_string(&line, "server", incident->server);
    log_end(&line);
}

/* The line about the end of the session has the number of refused commands. */
void relay_log_command(struct relay_session *session, struct span verb, enum err why)
{
    bool is_news = ++session->commands_refused <= COMMANDS_LOGGED;
    uint64_t suppressed;
    enum log_level level = fault_level(session->relay, why, &suppressed);
    struct log_line line;

    log_begin_at(&line, is_news ? level : LOG_LEVEL_DEBUG, EVENT_command_refused);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    if (verb.n)
        log_span(&line, "command", verb);
    put_fault(&line, why);
    if (suppressed)
        log_number(&line, "suppressed", suppressed);
    log_end(&line);
}

void relay_log_entered(const struct relay_session *session, const char *from, const char *to)
{
    struct log_line line;

    log_begin(&line, EVENT_phase);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    log_string(&line, "from", from);
    log_string(&line, "to", to);
    log_end(&line);
}

void relay_log_tunnel(const struct relay_session *session)
{
    struct log_line line;

    log_begin(&line, EVENT_unscanned);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    log_string(&line, "text", "TLS was negotiated; the rest of this session is not scanned");
    log_end(&line);
}
