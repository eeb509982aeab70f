/* Checks the engines and the age of signatures. Checks whether the service distinguishes a virus from
 * harmless mail. */
#include "cmd/cmd.h"
#include "cmd/engine_trial.h"
#include "cmd/doctor/doctor_links.h"
#include "cmd/scan_ask.h"
#include "cmd/startup_checks.h"
#include "scan/test_virus.h"
#include "scan/signature_files.h"

#include <stdio.h>
#include <unistd.h>

enum { DAY_S = 86400, QUEUE_MS = 60000 };

static void check_proof(struct doctor *doctor, const struct control_engine *engine)
{
    if (engine->proof == ENGINE_REFUTED)
        doctor_fault(doctor,
                     "check its signatures and settings; for signatures without the test virus of EICAR, "
                     "set self_test = FILE in [scan], a file that they detect",
                     "engine %s is not used, and no mail is delivered: the engine %s", engine->name,
                     engine->failure);
    else if (engine->proof == ENGINE_BELIEVED)
        doctor_warn(doctor, "set self_test = eicar in [scan]",
                    "self_test = none: engine %s is used without a test", engine->name);
    else if (engine->proof == ENGINE_UNPROVEN)
        doctor_warn(doctor, "try again in a moment", "the self test of engine %s has not ended yet",
                    engine->name);
    else if (!engine->is_ready)
        doctor_fault(doctor, "see the service's log for the reason", "engine %s is not ready", engine->name);
    else
        doctor_ok(doctor, "%s is ready and has passed its self test%s%s", engine->name,
                  engine->signatures[0] ? ", " : "", engine->signatures);
}

static void check_threads(struct doctor *doctor)
{
    unsigned threads = engine_trial_clamd_threads(&doctor->conf);
    struct buf remedy = {0};

    if (threads == 0 || doctor->conf.clamd.connections < threads)
        return;
    engine_trial_threads_remedy(&doctor->conf, threads, &remedy);
    doctor_warn(doctor, buf_c_str(&remedy), ENGINE_TRIAL_THREADS, (unsigned)doctor->conf.clamd.connections,
                threads);
    buf_fini(&remedy);
}

static void check_clamd(struct doctor *doctor, const struct control_engine *engine)
{
    if (!engine->signatures[0]) {
        doctor_fault(doctor, "start clamd, and set [clamd] socket to where it listens",
                     "clamd does not answer");
        return;
    }
    check_threads(doctor);
    check_proof(doctor, engine);
}

void doctor_check_engine(struct doctor *doctor)
{
    const struct status *status = &doctor->status;

    if (!status->engine_count)
        doctor_fault(doctor, "see the service's log for the reason", "the scan process does not answer");
    for (size_t i = 0; i < status->engine_count; i++) {
        const struct control_engine *engine = &status->engines[i];

        if (strcmp(engine->name, "none") == 0)
            doctor_fault(doctor, "set [scan] engines", "engines = none: nothing is scanned");
        else if (strcmp(engine->name, "clamd") == 0)
            check_clamd(doctor, engine);
        else
            check_proof(doctor, engine);
    }
}

static void check_age(struct doctor *doctor, const struct control_engine *engine)
{
    static const char remedy[] =
        "run freshclam: systemctl enable --now clamav-freshclam; if they are current, the clock "
        "is ahead: set it";
    long long age_s = (long long)doctor->now - engine->published_s, days = age_s / DAY_S;

    if (!engine->published_s)
        doctor_warn(doctor, "check by hand that they are updated",
                    "engine %s does not report the age of its signatures", engine->name);
    else if (age_s < -DAY_S)
        doctor_fault(doctor, "set the clock; if it is right, let freshclam download them again",
                     "signatures of engine %s are from the future, %lld days ahead", engine->name, -days);
    else if (days >= DOCTOR_SIGNATURES_FAULT_DAYS)
        doctor_fault(doctor, remedy, "signatures of engine %s are %lld days old", engine->name, days);
    else if (days >= DOCTOR_SIGNATURES_WARN_DAYS)
        doctor_warn(doctor, remedy, "signatures of engine %s are %lld days old", engine->name, days);
    else
        doctor_ok(doctor, "%s, %lld h old", engine->signatures, age_s > 0 ? age_s / 3600 : 0);
}

void doctor_check_signatures(struct doctor *doctor)
{
    struct problems problems = {0};
    size_t reported = 0;

    if (doctor->is_root) {
        startup_check_parts(&doctor->conf, STARTUP_RELOAD, STARTUP_ENGINES, &problems);
        doctor_take_problems(doctor, &problems, "install what is missing");
    }
    for (size_t i = 0; doctor->is_running && i < doctor->status.engine_count; i++)
        if (doctor->status.engines[i].is_ready && strcmp(doctor->status.engines[i].name, "none") != 0) {
            check_age(doctor, &doctor->status.engines[i]);
            reported++;
        }
    if (!reported)
        doctor_skip(doctor, "age: no engine has answered");
}

/* Returns a text that differs in each run of the command, so that the engine scans the message and the
 * service does not use its verdict cache. */
static const char *test_id(const struct doctor *doctor)
{
    static char id[48];

    snprintf(id, sizeof id, "%lld.%d", (long long)doctor->now, (int)getpid());
    return id;
}

static bool scan(struct doctor *doctor, const struct buf *message, struct control_verdict *answer)
{
    static const struct spool_settings memory = {"", UINT64_MAX};
    struct buf errors = {0};
    struct service_call call = {.command = "doctor",
                                .runtime_directory = doctor->conf.postern.runtime_directory,
                                .errors = &errors,
                                .deadline_ms = doctor->conf.scan.deadline_ms + QUEUE_MS};
    struct spool spool = SPOOL_EMPTY;
    bool is_answered = spool_write(&spool, &memory, buf_span(message)) &&
                       scan_ask(&call, &spool, MESSAGE_MAIL, false, answer) == CMD_DONE &&
                       verdict_is_valid(&answer->verdict);

    if (!is_answered)
        doctor_fault(doctor, "see the service's log for the reason", "no verdict: %s",
                     errors.n ? buf_c_str(&errors) : "the service gave none");
    spool_fini(&spool);
    buf_fini(&errors);
    return is_answered;
}

static void report_failed(struct doctor *doctor)
{
    doctor_fault(doctor, LOG_EVENT_HINT_3("see the service's log", clamd, engine_failed, child_ended),
                 "the engine gave no verdict: no mail is delivered");
}

static void report_virus(struct doctor *doctor, const struct control_verdict *answer)
{
    static const char remedy[] = "the engine does not work: check its settings and its signatures";
    const struct verdict *verdict = &answer->verdict;

    switch ((enum verdict_kind)verdict->kind) {
    case VERDICT_FAILED: report_failed(doctor); return;
    case VERDICT_CLEAN: doctor_fault(doctor, remedy, "the test virus of EICAR was reported as clean"); return;
    case VERDICT_UNSCANNABLE:
        doctor_fault(doctor, remedy, "the test virus of EICAR was reported as unscannable (%s)",
                     verdict_unscannable_name((enum unscannable)verdict->reason));
        return;
    case VERDICT_INFECTED: break;
    }
    if (answer->action == ACTION_DELIVER)
        doctor_fault(doctor, "set [policy] infected", "an infected message would be delivered");
    doctor_ok(doctor, "the test virus of EICAR was detected by %s as %s", verdict->engine, verdict->name);
}

void doctor_check_virus(struct doctor *doctor)
{
    struct control_verdict answer = {0};
    struct buf message = {0}, virus = {0};

    test_virus_add(&virus);
    test_virus_add_mail(&message, buf_span(&virus), test_id(doctor));
    if (scan(doctor, &message, &answer))
        report_virus(doctor, &answer);
    buf_fini(&virus);
    buf_fini(&message);
}

void doctor_check_harmless(struct doctor *doctor)
{
    struct control_verdict answer = {0};
    struct buf message = {0};

    test_virus_add_harmless(&message, test_id(doctor));
    if (scan(doctor, &message, &answer)) {
        if (answer.verdict.kind == VERDICT_FAILED)
            report_failed(doctor);
        else if (answer.verdict.kind != VERDICT_CLEAN)
            doctor_fault(doctor, "every message would be held: check the engine's settings",
                         "a harmless message was reported as %s %s",
                         verdict_kind_name((enum verdict_kind)answer.verdict.kind), answer.verdict.name);
        doctor_ok(doctor, "a harmless message was reported as clean by %s",
                  answer.verdict.engine[0] ? answer.verdict.engine : "no engine");
    }
    buf_fini(&message);
}
