#include "proc/keeper_log.h"

#include "quarantine/incident_json.h"

#include <assert.h>

/* The details are in the line that the relay logs for the incident. */
void keeper_log_stored(const struct incident *incident, bool destroyed)
{
    struct log_line line;

    log_begin(&line, EVENT_stored);
    log_string(&line, "incident", incident->id);
    log_string(&line, "session", incident->session);
    log_string(&line, "state", incident_state_name(destroyed ? INCIDENT_DESTROYED : INCIDENT_QUARANTINED));
    log_number(&line, "octets", incident->size);
    log_end(&line);
}

void keeper_log_passed(const struct incident *incident)
{
    struct log_line line;

    log_begin(&line, EVENT_passed);
    log_string(&line, "incident", incident->id);
    log_string(&line, "session", incident->session);
    log_string(&line, "text", "the incident was released");
    log_end(&line);
}

void keeper_log_failed(const struct incident *incident, enum log_event event, struct buf *error)
{
    struct log_line line;

    log_begin(&line, event);
    log_string(&line, "session", incident->session);
    log_string(&line, "text", buf_c_str(error));
    log_end(&line);
}

void keeper_log_clock(const struct age_clock *clock)
{
    log_text(EVENT_clock_set,
             "the wall clock was set by %+lld s; ages do not depend on that, recorded times are corrected",
             (long long)clock->set_by_s);
}

static const enum log_event served[] = {EVENT_incident_released, EVENT_incident_deleted,
                                        EVENT_incidents_expired};
static_assert(sizeof served / sizeof *served == QUARANTINE_VERB_COUNT, "a verb without an event");

void keeper_log_served(const struct quarantine_request *request, const struct quarantine_answer *answer)
{
    bool is_done = answer->result == QUARANTINE_DONE;
    struct log_line line;

    if (request->verb >= QUARANTINE_VERB_COUNT)
        return;
    log_begin(&line, is_done ? served[request->verb] : EVENT_quarantine_refused);
    if (answer->id[0])
        log_string(&line, "incident", answer->id);
    if (request->verb == QUARANTINE_RELEASE && is_done)
        log_string(&line, "for", answer->everyone ? "everyone" : answer->user);
    if (request->verb != QUARANTINE_RELEASE)
        log_number(&line, "removed", answer->removed);
    if (answer->text[0])
        log_string(&line, "text", answer->text);
    log_end(&line);
}
