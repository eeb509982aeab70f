/* Engines, the age of their signatures, and whether the running service really tells a virus from mail. */
#include "cmd/cmd.h"
#include "cmd/doctor_links.h"
#include "cmd/scan_ask.h"
#include "cmd/startup_checks.h"
#include "svc/signature_files.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

enum { DAY_S = 86400, QUEUE_MS = 60000 };

void doctor_look_engine(struct doctor *doctor)
{
    const struct status *status = &doctor->status;

    if (!status->engine_count)
        doctor_fault(doctor, "the service's log says why", "the process that scans does not answer");
    for (size_t i = 0; i < status->engine_count; i++) {
        const struct control_engine *engine = &status->engines[i];

        if (strcmp(engine->name, "none") == 0)
            doctor_fault(doctor, "set [scan] engines", "engines = none: nothing is scanned");
        else if (strcmp(engine->name, "clamd") == 0 && !engine->signatures[0])
            doctor_fault(doctor, "start clamd, and let [clamd] socket say where it listens",
                         "clamd does not answer");
        else if (!engine->is_ready)
            doctor_fault(doctor, "the service's log says why", "engine %s is not ready", engine->name);
        else
            doctor_ok(doctor, "%s is ready%s%s", engine->name, engine->signatures[0] ? ", " : "",
                      engine->signatures);
    }
}

static void look_age(struct doctor *doctor, const struct control_engine *engine)
{
    static const char cure[] =
        "let freshclam run: systemctl enable --now clamav-freshclam; if they are fresh, the clock "
        "is ahead: set it";
    long long age_s = (long long)doctor->now - engine->published_s, days = age_s / DAY_S;

    if (!engine->published_s)
        doctor_warn(doctor, "see for yourself that they are kept fresh",
                    "engine %s does not tell how old its signatures are", engine->name);
    else if (age_s < -DAY_S)
        doctor_fault(doctor, "set the clock; if it is right, let freshclam fetch them anew",
                     "signatures of engine %s are from the future, %lld days ahead", engine->name, -days);
    else if (days >= DOCTOR_SIGNATURES_FAULT_DAYS)
        doctor_fault(doctor, cure, "signatures of engine %s are %lld days old", engine->name, days);
    else if (days >= DOCTOR_SIGNATURES_WARN_DAYS)
        doctor_warn(doctor, cure, "signatures of engine %s are %lld days old", engine->name, days);
    else
        doctor_ok(doctor, "%s, %lld h old", engine->signatures, age_s > 0 ? age_s / 3600 : 0);
}

void doctor_look_signatures(struct doctor *doctor)
{
    struct conf_problems problems = {0};
    size_t told = 0;

    if (doctor->is_root) {
        startup_check_parts(&doctor->conf, STARTUP_RELOAD, STARTUP_ENGINES, &problems);
        doctor_take_problems(doctor, &problems, "install what is missing");
    }
    for (size_t i = 0; doctor->is_running && i < doctor->status.engine_count; i++)
        if (doctor->status.engines[i].is_ready && strcmp(doctor->status.engines[i].name, "none") != 0) {
            look_age(doctor, &doctor->status.engines[i]);
            told++;
        }
    if (!told)
        doctor_skip(doctor, "age: no engine has answered");
}

/* The test virus of EICAR, in base64. It must not stand whole in any file, or virus scanners would take that
 * file for one: it is put together here. */
static void add_virus(struct buf *message)
{
    static const char *const pieces[] = {"X5O!P%@AP[4",     "\\PZX54(P^)7",   "CC)7}$EIC",
                                         "AR-STANDARD-ANT", "IVIRUS-TEST-FI", "LE!$H+H*"};
    unsigned char encoded[128];
    struct buf whole = {0};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        buf_add(&whole, span_of(pieces[i]));
    EVP_EncodeBlock(encoded, (const unsigned char *)whole.p, (int)whole.n);
    buf_add_format(message, "%s\r\n", (const char *)encoded);
    buf_fini(&whole);
}

/* No two are the same: what is asked is the engine, not what the service remembers of it. */
static void add_header(struct doctor *doctor, struct buf *message)
{
    buf_add_format(message,
                   "From: postern doctor <postern@localhost>\r\nTo: postern@localhost\r\n"
                   "Subject: a test, %lld.%d\r\nMIME-Version: 1.0\r\n",
                   (long long)doctor->now, (int)getpid());
}

static bool scan(struct doctor *doctor, const struct buf *message, struct control_verdict *answer)
{
    static const struct spool_settings memory = {"", UINT64_MAX};
    struct buf complaints = {0};
    struct service_call call = {.command = "doctor",
                                .runtime_directory = doctor->conf.postern.runtime_directory,
                                .complaints = &complaints,
                                .deadline_ms = doctor->conf.scan.deadline_ms + QUEUE_MS};
    struct spool spool = SPOOL_EMPTY;
    bool is_answered = spool_write(&spool, &memory, buf_span(message)) &&
                       scan_ask(&call, &spool, false, answer) == CMD_DONE &&
                       verdict_is_valid(&answer->verdict);

    if (!is_answered)
        doctor_fault(doctor, "the service's log says why", "no verdict: %s",
                     complaints.n ? buf_c_str(&complaints) : "the service gave none");
    spool_fini(&spool);
    buf_fini(&complaints);
    return is_answered;
}

static void say_failed(struct doctor *doctor)
{
    doctor_fault(doctor, "the service's log says why (event=engine_failed and the like)",
                 "the engine gave no verdict: no mail is delivered");
}

static void judge_virus(struct doctor *doctor, const struct control_verdict *answer)
{
    static const char cure[] = "the engine does not do its work: look at its settings and its signatures";
    const struct verdict *verdict = &answer->verdict;

    switch ((enum verdict_kind)verdict->kind) {
    case VERDICT_FAILED: say_failed(doctor); return;
    case VERDICT_CLEAN: doctor_fault(doctor, cure, "the test virus of EICAR was called clean"); return;
    case VERDICT_UNSCANNABLE:
        doctor_fault(doctor, cure, "the test virus of EICAR was called unscannable (%s)",
                     unscannable_name((enum unscannable)verdict->reason));
        return;
    case VERDICT_INFECTED: break;
    }
    if (answer->action == ACTION_DELIVER)
        doctor_fault(doctor, "set [policy] infected", "an infected message would be delivered");
    doctor_ok(doctor, "the test virus of EICAR was caught by %s as %s", verdict->engine, verdict->name);
}

void doctor_look_virus(struct doctor *doctor)
{
    struct control_verdict answer = {0};
    struct buf message = {0};

    add_header(doctor, &message);
    buf_add(&message, SPAN("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment; filename=\"test.com\"\r\n\r\n"));
    add_virus(&message);
    if (scan(doctor, &message, &answer))
        judge_virus(doctor, &answer);
    buf_fini(&message);
}

void doctor_look_harmless(struct doctor *doctor)
{
    struct control_verdict answer = {0};
    struct buf message = {0};

    add_header(doctor, &message);
    buf_add(&message, SPAN("Content-Type: text/plain; charset=us-ascii\r\n\r\nNothing to fear here.\r\n"));
    if (scan(doctor, &message, &answer)) {
        if (answer.verdict.kind == VERDICT_FAILED)
            say_failed(doctor);
        else if (answer.verdict.kind != VERDICT_CLEAN)
            doctor_fault(doctor, "every message would be held: look at the engine's settings",
                         "a harmless message was called %s %s",
                         verdict_kind_name((enum verdict_kind)answer.verdict.kind), answer.verdict.name);
        doctor_ok(doctor, "it was called clean by %s",
                  answer.verdict.engine[0] ? answer.verdict.engine : "no engine");
    }
    buf_fini(&message);
}
