/* What is generated and stored on disk: notices, the quarantine, the spool. */
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

void doctor_look_notice(struct doctor *doctor)
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

static void look_room(struct doctor *doctor, const char *directory, uint64_t wanted_free, const char *limit)
{
    uint64_t left = spool_free_bytes(directory);

    if (left < wanted_free || left < MIB)
        doctor_fault(doctor, "free space, or lower that limit",
                     "%s has %" PRIu64 " MiB free, %s asks for %" PRIu64, directory, left / MIB, limit,
                     wanted_free / MIB);
    else if (left - wanted_free < wanted_free / 4)
        doctor_warn(doctor, "free space", "%s has %" PRIu64 " MiB free, hardly more than %s asks for",
                    directory, left / MIB, limit);
    doctor_ok(doctor, "%s can be written to, %" PRIu64 " MiB free", directory, left / MIB);
}

static void look_directory(struct doctor *doctor, enum startup_part part, const char *directory,
                           uint64_t wanted_free, const char *limit)
{
    static const char cure[] =
        "run that command, or create it for the user that needs it, writable for that user alone";
    struct problems problems = {0};

    startup_check_parts(&doctor->conf, STARTUP_RELOAD, part, &problems);
    doctor_take_problems(doctor, &problems, cure);
    if (access(directory, F_OK) != 0)
        doctor_ok(doctor, "%s will be created at the first start", directory);
    else
        look_room(doctor, directory, wanted_free, limit);
}

static void look_inodes(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;
    struct buf ignored = {0};
    int directory = durable_open_directory(conf->quarantine.directory, &ignored);
    unsigned wanted = conf->quarantine.min_free_inodes;
    uint64_t left = UINT64_MAX;

    if (directory >= 0 && durable_free_files(directory, &left) && wanted && left < wanted + 2)
        doctor_fault(doctor,
                     "remove files there, or lower [quarantine] min_free_inodes; new incidents are refused",
                     "%s has %" PRIu64 " free inodes, [quarantine] min_free_inodes asks for %u",
                     conf->quarantine.directory, left, wanted);
    else if (left < wanted + wanted / 4)
        doctor_warn(doctor, "remove files there",
                    "%s has %" PRIu64 " free inodes, hardly more than "
                    "[quarantine] min_free_inodes asks for",
                    conf->quarantine.directory, left);
    if (directory >= 0)
        close(directory);
    buf_fini(&ignored);
}

/* Stores a file there and removes it. */
static void look_store(struct doctor *doctor)
{
    static const char cure[] =
        "free space there (remove files if it has no free inode), mount it for writing, or "
        "set [quarantine] directory to one on another file system";
    struct problems problems = {0};

    startup_check_parts(&doctor->conf, STARTUP_CHECK, STARTUP_STORE, &problems);
    doctor_take_problems(doctor, &problems, cure);
}

void doctor_look_quarantine(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;
    unsigned most = conf->quarantine.max_incidents;

    if (doctor->is_running && most && doctor->status.state.kept >= most)
        doctor_fault(doctor, "postern quarantine expire, delete; or raise the limit",
                     "%" PRIu64 " incidents are kept, [quarantine] max_incidents is %u: new ones are refused",
                     doctor->status.state.kept, most);
    look_inodes(doctor);
    look_store(doctor);
    look_directory(doctor, STARTUP_QUARANTINE, conf->quarantine.directory, conf->quarantine.min_free_bytes,
                   "[quarantine] min_free_bytes");
}

void doctor_look_spool(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;

    look_directory(doctor, STARTUP_SPOOL, conf->spool.directory, conf->spool.min_free_bytes,
                   "[spool] min_free");
}
