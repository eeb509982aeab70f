/* Loads new signatures while mail continues. As in a reload, scan and its engine are replaced together, so
 * that no worker and no cached verdict of the old signatures remains. */
#include "proc/parent/parent_internal.h"

#include "scan/signature_files.h"
#include "sys/directory_watch.h"

/* freshclam replaces several files, one after another. */
enum { QUIET_MS = 1500 };

static const char *database_of(const struct parent *parent)
{
    return parent->config->conf.builtin.database;
}

static void on_change_ended(struct parent *parent, struct span error)
{
    struct buf text = {0};

    buf_add(&text, error);
    if (error.n)
        log_text(EVENT_signatures_refused, "%s: %s", database_of(parent), buf_c_str(&text));
    else
        log_text(EVENT_signatures_replaced, "the signatures in %s are in use", database_of(parent));
    buf_fini(&text);
}

void parent_signatures_note(struct parent *parent, const struct conf *conf)
{
    parent->signatures.loaded = signature_files_state(conf->builtin.database);
}

void parent_signatures_start(struct parent *parent)
{
    uint64_t now;

    if (!parent->signatures.watch || parent->state != STATE_RUNNING || parent->change.phase != CHANGE_NONE)
        return;
    now = signature_files_state(database_of(parent));
    if (now == parent->signatures.loaded)
        return;
    parent->signatures.loaded = now;
    log_text(EVENT_signatures_changed, "loading %s", database_of(parent));
    parent_change_begin(parent, 1u << ROLE_SCAN | 1u << ROLE_CLAMAV, parent->config, on_change_ended);
}

static void on_directory_changed(void *context)
{
    parent_signatures_start(context);
}

void parent_signatures_watch(struct parent *parent)
{
    directory_watch_free(&parent->signatures.watch);
    if (role_count(&parent->config->conf, ROLE_CLAMAV))
        parent->signatures.watch =
            directory_watch_new(parent->base, database_of(parent), QUIET_MS, on_directory_changed, parent);
}

void parent_signatures_unwatch(struct parent *parent)
{
    directory_watch_free(&parent->signatures.watch);
}
