#include "cmd/status_print.h"

#include <inttypes.h>

/* Adds the time in two units: "3 d 2 h". The first one is the largest unit that gives a number above zero.
 * Below one minute: "0 min 5 s". */
static void add_span(struct buf *out, uint64_t seconds)
{
    static const struct {
        unsigned seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;

    while (i < 2 && seconds < units[i].seconds)
        i++;
    buf_add_format(out, "%" PRIu64 " %s %" PRIu64 " %s", seconds / units[i].seconds, units[i].name,
                   seconds % units[i].seconds / units[i + 1].seconds, units[i + 1].name);
}

static uint64_t count_of(const struct status *status, enum session_stats_counter counter)
{
    return status->state.counts[counter];
}

static void add_quarantine(struct buf *out, const struct control_state *state)
{
    buf_add_format(out, "quarantine  %" PRIu64 " incidents", state->kept);
    if (state->kept_free_bytes != UINT64_MAX)
        buf_add_format(out, ", %" PRIu64 " MiB free", state->kept_free_bytes >> 20);
    if (state->kept_free_files != UINT64_MAX)
        buf_add_format(out, ", %" PRIu64 " inodes free", state->kept_free_files);
    buf_add_char(out, '\n');
}

/* Adds the line only if TLS was intercepted or refused. */
static void add_tls(struct buf *out, const struct status *status)
{
    uint64_t intercepted = count_of(status, SESSION_STATS_TLS_INTERCEPTED);
    uint64_t refused = count_of(status, SESSION_STATS_TLS_REFUSED);

    if (intercepted + refused > 0)
        buf_add_format(out,
                       "tls         %" PRIu64 " intercepted, %" PRIu64 " refused, %" PRIu64
                       " rejected by the client\n",
                       intercepted, refused, count_of(status, SESSION_STATS_TLS_REJECTED));
}

static void add_counts(struct buf *out, const struct status *status)
{
    buf_add_format(out,
                   "sessions    %" PRIu64 " now, %" PRIu64 " in all, %" PRIu64
                   " of them encrypted by TLS, unscanned\n",
                   status->state.sessions, count_of(status, SESSION_STATS_SESSIONS),
                   count_of(status, SESSION_STATS_UNSCANNED));
    buf_add_format(out,
                   "messages    %" PRIu64 " delivered, %" PRIu64 " marked, %" PRIu64 " replaced, %" PRIu64
                   " released, %" PRIu64 " refused\n",
                   count_of(status, SESSION_STATS_DELIVERED), count_of(status, SESSION_STATS_MARKED),
                   count_of(status, SESSION_STATS_REPLACED), count_of(status, SESSION_STATS_RELEASED),
                   count_of(status, SESSION_STATS_REFUSED));
    buf_add_format(out,
                   "verdicts    %" PRIu64 " clean, %" PRIu64 " infected, %" PRIu64 " unscannable, %" PRIu64
                   " failed\n",
                   count_of(status, SESSION_STATS_CLEAN), count_of(status, SESSION_STATS_INFECTED),
                   count_of(status, SESSION_STATS_UNSCANNABLE), count_of(status, SESSION_STATS_FAILED));
    add_tls(out, status);
    if (status->state.is_kept_known)
        add_quarantine(out, &status->state);
    else
        buf_add(out, SPAN("quarantine  the keeper does not answer\n"));
}

/* Returns the result of the self test, for text and JSON. */
static const char *proof_name(const struct control_engine *engine)
{
    switch ((enum engine_proof)engine->proof) {
    case ENGINE_UNPROVEN: return "running";
    case ENGINE_PROVEN: return "passed";
    case ENGINE_REFUTED: return "failed";
    case ENGINE_BELIEVED: return "none";
    }
    return "unknown";
}

static void add_engine(struct buf *out, const struct control_engine *engine, time_t now)
{
    buf_add_format(out, "engine      %s, %s", engine->name, engine->is_ready ? "ready" : "not ready");
    if (engine->signatures[0])
        buf_add_format(out, ", %s", engine->signatures);
    if (engine->published_s > 0 && engine->published_s <= now) {
        buf_add(out, SPAN(", signatures of "));
        add_span(out, (uint64_t)(now - engine->published_s));
        buf_add(out, SPAN(" ago"));
    }
    buf_add_format(out, ", self test: %s", proof_name(engine));
    if (engine->failure[0])
        buf_add_format(out, " (the engine %s)", engine->failure);
    buf_add_char(out, '\n');
}

static const char *state_of(const struct control_process *process)
{
    if (!process->pid)
        return process->is_leaving ? "has ended" : "will be started";
    return process->is_leaving ? "ends when its work is done" : process->is_ready ? "ready" : "starting";
}

static void add_process(struct buf *out, const struct control_process *process)
{
    buf_add_format(out, "%-8s %3u  pid %-8d %s", process->role, process->index, process->pid,
                   state_of(process));
    if (process->pid) {
        buf_add(out, SPAN(", started "));
        add_span(out, process->age_ms / 1000);
        buf_add(out, SPAN(" ago"));
    }
    if (process->restarts)
        buf_add_format(out, ", restarted %u times", process->restarts);
    buf_add_char(out, '\n');
}

void status_print(const struct status *status, time_t now, struct buf *out)
{
    buf_add_format(out, "postern %s, %s, up ", status->state.version,
                   status->state.is_ready ? "serves clients" : "is not ready for clients");
    add_span(out, status->state.uptime_ms / 1000);
    buf_add(out, SPAN("\n\n"));
    add_counts(out, status);
    for (size_t i = 0; i < status->engine_count; i++)
        add_engine(out, &status->engines[i], now);
    if (!status->engine_count)
        buf_add(out, SPAN("engine      the scan process does not answer\n"));
    buf_add_char(out, '\n');
    for (size_t i = 0; i < status->process_count; i++)
        add_process(out, &status->processes[i]);
}

static json_t *counts_json(const struct status *status, enum session_stats_counter first,
                           enum session_stats_counter last)
{
    json_t *counts = json_object();

    for (unsigned i = first; i <= last; i++)
        json_object_set_new(counts, session_stats_counter_name((enum session_stats_counter)i),
                            json_integer((json_int_t)status->state.counts[i]));
    return counts;
}

static json_t *engine_json(const struct control_engine *engine, time_t now)
{
    json_t *json = json_pack("{s:s, s:b}", "name", engine->name, "ready", engine->is_ready);

    json_object_set_new(json, "self_test", json_string(proof_name(engine)));
    if (engine->failure[0])
        json_object_set_new(json, "self_test_said", json_string(engine->failure));
    if (engine->signatures[0])
        json_object_set_new(json, "signatures", json_string(engine->signatures));
    if (engine->published_s > 0) {
        json_object_set_new(json, "signatures_published", json_integer(engine->published_s));
        json_object_set_new(json, "signatures_age_s",
                            json_integer(engine->published_s < now ? now - engine->published_s : 0));
    }
    return json;
}

static json_t *process_json(const struct control_process *process)
{
    return json_pack("{s:s, s:i, s:i, s:b, s:b, s:i, s:I}", "role", process->role, "index",
                     (int)process->index, "pid", (int)process->pid, "ready", process->is_ready, "leaving",
                     process->is_leaving, "restarts", (int)process->restarts, "age_s",
                     (json_int_t)(process->age_ms / 1000));
}

static json_t *quarantine_json(const struct control_state *state)
{
    json_t *json;

    if (!state->is_kept_known)
        return json_null();
    json = json_pack("{s:I}", "incidents", (json_int_t)state->kept);
    if (state->kept_free_bytes != UINT64_MAX)
        json_object_set_new(json, "free_bytes", json_integer((json_int_t)state->kept_free_bytes));
    if (state->kept_free_files != UINT64_MAX)
        json_object_set_new(json, "free_inodes", json_integer((json_int_t)state->kept_free_files));
    return json;
}

json_t *status_json(const struct status *status, time_t now)
{
    json_t *sessions = counts_json(status, SESSION_STATS_SESSIONS, SESSION_STATS_UNSCANNED);
    json_t *engines = json_array(), *processes = json_array();

    json_object_set_new(sessions, "now", json_integer((json_int_t)status->state.sessions));
    for (size_t i = 0; i < status->engine_count; i++)
        json_array_append_new(engines, engine_json(&status->engines[i], now));
    for (size_t i = 0; i < status->process_count; i++)
        json_array_append_new(processes, process_json(&status->processes[i]));
    return json_pack(
        "{s:s, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", status->state.version, "ready",
        status->state.is_ready, "uptime_s", (json_int_t)(status->state.uptime_ms / 1000), "sessions",
        sessions, "messages", counts_json(status, SESSION_STATS_DELIVERED, SESSION_STATS_REFUSED), "verdicts",
        counts_json(status, SESSION_STATS_CLEAN, SESSION_STATS_FAILED), "tls",
        counts_json(status, SESSION_STATS_TLS_INTERCEPTED, SESSION_STATS_TLS_REJECTED), "engines", engines,
        "quarantine", quarantine_json(&status->state), "processes", processes);
}
