/* Checks the notices, the quarantine and the spool. */
#include "cmd/doctor/doctor_links.h"
#include "cmd/notice_load.h"
#include "cmd/startup_checks.h"
#include "sys/durable.h"
#include "sys/spool.h"

#include <inttypes.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static void render(struct doctor *doctor, const struct notice_template *template, const char *language)
{
    struct incident incident = {.id = "00000000000000000000000000000000",
                                .protocol = "POP3",
                                .client = "192.0.2.1:1395",
                                .server = "192.0.2.2:110",
                                .received_s = doctor->now};
    struct buf notice = {0};

    verdict_set_found(&incident.verdict, SPAN("Test"));
    notice_render(template, &incident, NULL, &notice);
    if (!notice.n)
        doctor_fault(doctor, "correct its template", "the notice in %s is empty", language);
    buf_fini(&notice);
}

void doctor_check_notice(struct doctor *doctor)
{
    const struct conf_languages *languages = &doctor->conf.notice.languages;
    struct notice_template *templates[CONF_LIST_MAX] = {0};
    struct problems problems = {0};

    notice_load(&doctor->conf, templates, &problems);
    doctor_take_problems(doctor, &problems, "correct the template, or name another one in [notice]");
    for (size_t i = 0; i < languages->n; i++)
        if (templates[i])
            render(doctor, templates[i], languages->at[i].name);
    notice_unload(templates);
    doctor_ok(doctor, "renders from %zu template%s", languages->n, languages->n == 1 ? "" : "s");
}

static void check_space(struct doctor *doctor, const char *directory, uint64_t min_free, const char *limit)
{
    uint64_t free_bytes = spool_free_bytes(directory);

    if (free_bytes < min_free || free_bytes < MIB)
        doctor_fault(doctor, "free space, or lower that limit",
                     "%s has %" PRIu64 " MiB free, %s requires %" PRIu64, directory, free_bytes / MIB, limit,
                     min_free / MIB);
    else if (free_bytes - min_free < min_free / 4)
        doctor_warn(doctor, "free space", "%s has %" PRIu64 " MiB free, hardly more than %s requires",
                    directory, free_bytes / MIB, limit);
    doctor_ok(doctor, "%s can be written to, %" PRIu64 " MiB free", directory, free_bytes / MIB);
}

static void check_directory(struct doctor *doctor, enum startup_part part, const char *directory,
                            uint64_t min_free, const char *limit)
{
    static const char remedy[] =
        "run that command, or create it for the user that needs it, writable for that user alone";
    struct problems problems = {0};

    startup_check_parts(&doctor->conf, STARTUP_RELOAD, part, &problems);
    doctor_take_problems(doctor, &problems, remedy);
    if (access(directory, F_OK) != 0)
        doctor_ok(doctor, "%s will be created at the first start", directory);
    else
        check_space(doctor, directory, min_free, limit);
}

static void check_inodes(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;
    struct buf ignored = {0};
    int directory = durable_open_directory(conf->quarantine.directory, &ignored);
    unsigned min_free = conf->quarantine.min_free_inodes;
    uint64_t free_inodes = UINT64_MAX;

    if (directory >= 0 && durable_free_files(directory, &free_inodes) && min_free &&
        free_inodes < min_free + 2)
        doctor_fault(doctor,
                     "remove files there, or lower [quarantine] min_free_inodes; new incidents are refused",
                     "%s has %" PRIu64 " free inodes, [quarantine] min_free_inodes requires %u",
                     conf->quarantine.directory, free_inodes, min_free);
    else if (free_inodes < min_free + min_free / 4)
        doctor_warn(doctor, "remove files there",
                    "%s has %" PRIu64 " free inodes, hardly more than "
                    "[quarantine] min_free_inodes requires",
                    conf->quarantine.directory, free_inodes);
    if (directory >= 0)
        close(directory);
    buf_fini(&ignored);
}

/* Stores a file in the quarantine and removes it. */
static void check_store(struct doctor *doctor)
{
    static const char remedy[] =
        "free space there (remove files if it has no free inode), mount it for writing, or "
        "set [quarantine] directory to a directory on another file system";
    struct problems problems = {0};

    startup_check_parts(&doctor->conf, STARTUP_CHECK, STARTUP_STORE, &problems);
    doctor_take_problems(doctor, &problems, remedy);
}

void doctor_check_quarantine(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;
    unsigned max = conf->quarantine.max_incidents;

    if (doctor->is_running && max && doctor->status.state.kept >= max)
        doctor_fault(doctor, "postern quarantine expire, delete; or raise the limit",
                     "%" PRIu64 " incidents are kept, [quarantine] max_incidents is %u: new ones are refused",
                     doctor->status.state.kept, max);
    check_inodes(doctor);
    check_store(doctor);
    check_directory(doctor, STARTUP_QUARANTINE, conf->quarantine.directory, conf->quarantine.min_free_bytes,
                    "[quarantine] min_free_bytes");
}

void doctor_check_spool(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;

    check_directory(doctor, STARTUP_SPOOL, conf->spool.directory, conf->spool.min_free_bytes,
                    "[spool] min_free");
}
