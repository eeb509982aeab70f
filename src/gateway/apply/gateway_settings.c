#include "gateway/apply/gateway_settings.h"

#include "net/sysctl.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdlib.h>

static const char forward4[] = "net/ipv4/ip_forward", forward6[] = "net/ipv6/conf/all/forwarding";

static const struct gateway_sysctl *find_planned(const struct gateway_plan *plan, const char *path)
{
    for (size_t i = 0; plan && i < plan->sysctl_count; i++)
        if (strcmp(plan->sysctls[i].path, path) == 0)
            return &plan->sysctls[i];
    return NULL;
}

/* Returns whether the setting is planned, or depends on a planned one. */
static bool is_affected(const struct gateway_plan *plan, const char *path)
{
    struct span at = span_of(path);

    if (find_planned(plan, path))
        return true;
    if (span_starts(at, SPAN("net/ipv6/conf/")))
        return span_ends(at, SPAN("/forwarding")) && find_planned(plan, forward6);
    return span_starts(at, SPAN("net/ipv4/conf/")) && find_planned(plan, forward4) &&
           (span_ends(at, SPAN("/forwarding")) || span_ends(at, SPAN("/accept_redirects")));
}

struct reading {
    const struct gateway_plan *plan;
    struct gateway_state *now;
};

/* Leaves out a setting that cannot be read. Usually it does not exist. */
static void read_one(void *context, const char *path)
{
    struct reading *reading = context;
    const struct gateway_sysctl *sysctl = find_planned(reading->plan, path);
    struct buf value = {0};

    if (sysctl_read(path, &value))
        gateway_state_add_saved(reading->now, path, buf_c_str(&value), sysctl ? sysctl->value : NULL);
    buf_fini(&value);
}

/* Returns whether the setting is planned, or in the earlier journal. */
static bool is_switched(const struct reading *reading, const struct gateway_state *earlier, const char *path)
{
    return find_planned(reading->plan, path) || gateway_state_find(earlier, path);
}

void gateway_settings_read(const struct gateway_plan *plan, const struct gateway_state *earlier,
                           struct gateway_state *now)
{
    struct reading reading = {plan, now};

    if (is_switched(&reading, earlier, forward4)) {
        read_one(&reading, forward4);
        sysctl_each("net/ipv4/conf", "forwarding", read_one, &reading);
        sysctl_each("net/ipv4/conf", "accept_redirects", read_one, &reading);
    }
    if (is_switched(&reading, earlier, forward6))
        sysctl_each("net/ipv6/conf", "forwarding", read_one, &reading);
    for (size_t i = 0; i < plan->sysctl_count; i++)
        read_one(&reading, plan->sysctls[i].path);
    for (size_t i = 0; i < earlier->saved_count; i++)
        read_one(&reading, earlier->saved[i].path);
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

        if (is_affected(plan, at->path) && sysctl_read(at->path, &value))
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

/* Returns whether the setting no longer exists. The settings of an interface disappear with it. */
static bool is_gone(const char *path)
{
    struct buf value = {0};
    bool is_read = sysctl_read(path, &value);
    int why = errno;

    buf_fini(&value);
    return !is_read && why == ENOENT;
}

static bool restore_one(const struct gateway_saved *saved, struct buf *error)
{
    return is_gone(saved->path) || write_one(saved->path, saved->before, error);
}

bool gateway_settings_restore_all(const struct gateway_state *now, struct buf *error)
{
    bool is_done = true;

    for (size_t i = 0; i < now->saved_count; i++)
        is_done = restore_one(&now->saved[i], error) && is_done;
    return is_done;
}

/* Reads all settings before it restores the first one, because restoring one changes those that depend on
 * it. */
bool gateway_settings_restore_ours(const struct gateway_state *state, const struct gateway_plan *plan,
                                   struct buf *error)
{
    bool *must_restore = mem_alloc_zero(state->saved_count + 1);
    bool is_done = true;

    for (size_t i = 0; i < state->saved_count; i++) {
        struct buf value = {0};

        must_restore[i] = !is_affected(plan, state->saved[i].path) &&
                          sysctl_read(state->saved[i].path, &value) &&
                          is_ours(&state->saved[i], buf_c_str(&value));
        buf_fini(&value);
    }
    for (size_t i = 0; i < state->saved_count; i++)
        if (must_restore[i])
            is_done = restore_one(&state->saved[i], error) && is_done;
    free(must_restore);
    return is_done;
}

void gateway_settings_report_gone(const struct gateway_state *state, struct problems *problems)
{
    for (size_t i = 0; i < state->saved_count; i++) {
        const struct gateway_saved *at = &state->saved[i];

        if (is_gone(at->path) && !(at->ours && strcmp(at->ours, at->before) == 0))
            problems_add(problems, false,
                         "/proc/sys/%s no longer exists; the value before apply was %s: restore it if "
                         "the interface was renamed",
                         at->path, at->before);
    }
}

bool gateway_settings_has_leftovers(const struct gateway_state *state, const struct gateway_plan *plan)
{
    for (size_t i = 0; i < state->saved_count; i++)
        if (!is_affected(plan, state->saved[i].path))
            return true;
    return false;
}
