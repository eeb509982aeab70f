#include "gateway/apply/gateway_settings.h"

#include "net/sysctl.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdlib.h>

static const char forward4[] = "net/ipv4/ip_forward", forward6[] = "net/ipv6/conf/all/forwarding";

static const struct gateway_sysctl *planned(const struct gateway_plan *plan, const char *path)
{
    for (size_t i = 0; plan && i < plan->sysctl_count; i++)
        if (strcmp(plan->sysctls[i].path, path) == 0)
            return &plan->sysctls[i];
    return NULL;
}

/* Is it planned, or changed by a planned one? */
static bool is_kept(const struct gateway_plan *plan, const char *path)
{
    struct span at = span_of(path);

    if (planned(plan, path))
        return true;
    if (span_starts(at, SPAN("net/ipv6/conf/")))
        return span_ends(at, SPAN("/forwarding")) && planned(plan, forward6);
    return span_starts(at, SPAN("net/ipv4/conf/")) && planned(plan, forward4) &&
           (span_ends(at, SPAN("/forwarding")) || span_ends(at, SPAN("/accept_redirects")));
}

struct look {
    const struct gateway_plan *plan;
    struct gateway_state *now;
};

/* A setting that cannot be read does not exist and need not be restored. */
static void look_at(void *context, const char *path)
{
    struct look *look = context;
    const struct gateway_sysctl *sysctl = planned(look->plan, path);
    struct buf value = {0};

    if (sysctl_read(path, &value))
        gateway_state_add_saved(look->now, path, buf_c_str(&value), sysctl ? sysctl->value : NULL);
    buf_fini(&value);
}

static bool is_touched(const struct look *look, const struct gateway_state *earlier, const char *path)
{
    return planned(look->plan, path) || gateway_state_find(earlier, path);
}

void gateway_settings_look(const struct gateway_plan *plan, const struct gateway_state *earlier,
                           struct gateway_state *now)
{
    struct look look = {plan, now};

    if (is_touched(&look, earlier, forward4)) {
        look_at(&look, forward4);
        sysctl_each("net/ipv4/conf", "forwarding", look_at, &look);
        sysctl_each("net/ipv4/conf", "accept_redirects", look_at, &look);
    }
    if (is_touched(&look, earlier, forward6))
        sysctl_each("net/ipv6/conf", "forwarding", look_at, &look);
    for (size_t i = 0; i < plan->sysctl_count; i++)
        look_at(&look, plan->sysctls[i].path);
    for (size_t i = 0; i < earlier->saved_count; i++)
        look_at(&look, earlier->saved[i].path);
}

static bool is_ours(const struct gateway_saved *saved, const char *value)
{
    return !saved->ours || strcmp(saved->ours, value) == 0;
}

void gateway_settings_intend(const struct gateway_state *now, const struct gateway_state *earlier,
                             struct gateway_state *intent)
{
    for (size_t i = 0; i < now->saved_count; i++) {
        const struct gateway_saved *at = &now->saved[i];
        const struct gateway_saved *old = gateway_state_find(earlier, at->path);

        gateway_state_add_saved(intent, at->path, old && is_ours(old, at->before) ? old->before : at->before,
                                at->ours);
    }
}

void gateway_settings_settle(const struct gateway_state *intent, const struct gateway_plan *plan,
                             struct gateway_state *done)
{
    for (size_t i = 0; i < intent->saved_count; i++) {
        const struct gateway_saved *at = &intent->saved[i];
        struct buf value = {0};

        if (is_kept(plan, at->path) && sysctl_read(at->path, &value))
            gateway_state_add_saved(done, at->path, at->before, buf_c_str(&value));
        buf_fini(&value);
    }
}

static bool write_one(const char *path, const char *value, struct buf *error)
{
    struct buf what = {0};

    if (sysctl_is(path, value) || sysctl_write(path, span_of(value)))
        return true;
    buf_add_format(&what, "/proc/sys/%s = %s", path, value);
    durable_fail(error, buf_c_str(&what));
    buf_fini(&what);
    return false;
}

bool gateway_settings_write(const struct gateway_plan *plan, bool with_forwarding, struct buf *error)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        const struct gateway_sysctl *sysctl = &plan->sysctls[i];

        if ((with_forwarding || !sysctl->enables_forwarding) &&
            !write_one(sysctl->path, sysctl->value, error))
            return false;
    }
    return true;
}

/* The settings of an interface disappear with it. */
static bool is_gone(const char *path)
{
    struct buf value = {0};
    bool is_read = sysctl_read(path, &value);
    int why = errno;

    buf_fini(&value);
    return !is_read && why == ENOENT;
}

static bool put_back(const struct gateway_saved *saved, struct buf *error)
{
    return is_gone(saved->path) || write_one(saved->path, saved->before, error);
}

bool gateway_settings_return(const struct gateway_state *now, struct buf *error)
{
    bool is_done = true;

    for (size_t i = 0; i < now->saved_count; i++)
        is_done = put_back(&now->saved[i], error) && is_done;
    return is_done;
}

/* Reads all of them first: restoring one changes those that depend on it. */
bool gateway_settings_restore(const struct gateway_state *state, const struct gateway_plan *plan,
                              struct buf *error)
{
    bool *is_to_return = mem_alloc_zero(state->saved_count + 1);
    bool is_done = true;

    for (size_t i = 0; i < state->saved_count; i++) {
        struct buf value = {0};

        is_to_return[i] = !is_kept(plan, state->saved[i].path) && sysctl_read(state->saved[i].path, &value) &&
                          is_ours(&state->saved[i], buf_c_str(&value));
        buf_fini(&value);
    }
    for (size_t i = 0; i < state->saved_count; i++)
        if (is_to_return[i])
            is_done = put_back(&state->saved[i], error) && is_done;
    free(is_to_return);
    return is_done;
}

void gateway_settings_report_gone(const struct gateway_state *state, struct problems *problems)
{
    for (size_t i = 0; i < state->saved_count; i++) {
        const struct gateway_saved *at = &state->saved[i];

        if (is_gone(at->path) && !(at->ours && strcmp(at->ours, at->before) == 0))
            problems_add(problems, false,
                         "/proc/sys/%s no longer exists; it was %s before apply. If its interface "
                         "was renamed, restore the value there",
                         at->path, at->before);
    }
}

bool gateway_settings_has_leftovers(const struct gateway_state *state, const struct gateway_plan *plan)
{
    for (size_t i = 0; i < state->saved_count; i++)
        if (!is_kept(plan, state->saved[i].path))
            return true;
    return false;
}
