/* Checks the configuration, the users, the service and its processes. */
#include "cmd/cmd.h"
#include "cmd/doctor/doctor_links.h"
#include "cmd/startup_checks.h"
#include "cmd/status_ask.h"
#include "cmd/conf_load.h"

#include <errno.h>
#include <unistd.h>

enum {
    ANSWER_MS = 10000,
    RECENT_MS = 600000, /* a restart within this time is reported */
    RESTARTS_MANY = 3,
    TRIES_MAX = 15,
    RETRY_MS = 200,
    START_MAX_MS = 600000, /* loading signatures takes less time */
};

void doctor_check_configuration(struct doctor *doctor)
{
    struct problems problems = {0};

    if (!doctor->is_root && access(doctor->conf_file, R_OK) != 0 && errno == EACCES) {
        doctor_skip(doctor, "%s: needs root, or a user that may read it", doctor->conf_file);
        return;
    }
    doctor->has_conf = conf_load(&doctor->conf, doctor->conf_file, &problems);
    doctor_take_problems(doctor, &problems, "correct the file; `postern check` verifies it");
    if (doctor->has_conf)
        startup_check_parts(&doctor->conf, STARTUP_CHECK, STARTUP_KERNEL, &problems);
    doctor_take_problems(doctor, &problems,
                         "boot a kernel that has it: Linux 5.3 or newer, for example Debian's");
    if (doctor->has_conf)
        startup_check_parts(&doctor->conf, STARTUP_CHECK, STARTUP_ADVICE, &problems);
    doctor_take_problems(doctor, &problems, NULL);
    doctor_ok(doctor, "%s has no errors", doctor->conf_file);
}

void doctor_check_privileges(struct doctor *doctor)
{
    struct problems problems = {0};

    if (!doctor->is_root) {
        doctor_skip(doctor, "users and rights: needs root");
        return;
    }
    startup_check_parts(&doctor->conf, STARTUP_RELOAD, STARTUP_USERS, &problems);
    doctor_take_problems(doctor, &problems,
                         "create that user (adduser --system --group), or name another one");
    startup_check_parts(&doctor->conf, STARTUP_RELOAD, STARTUP_UPSTREAM, &problems);
    doctor_take_problems(doctor, &problems, "let the service keep CAP_NET_RAW, or remove that setting");
    startup_check_parts(&doctor->conf, STARTUP_CHECK, STARTUP_TLS, &problems);
    doctor_take_problems(doctor, &problems, "do what this line says, then: postern reload");
    doctor_ok(doctor, "root, and user %s exists to handle mail", doctor->conf.postern.user);
}

/* Returns whether the process is being started to replace a ready one. This happens during a reload, and
 * while new signatures are loaded. Until such a process is ready, the ready one does the work, so there is no
 * fault. */
static bool is_replacement(const struct status *status, const struct control_process *process)
{
    if (process->restarts || process->age_ms >= START_MAX_MS || !status->state.is_ready)
        return false;
    for (size_t i = 0; i < status->process_count; i++)
        if (status->processes[i].is_ready && strcmp(status->processes[i].role, process->role) == 0)
            return true;
    return false;
}

static void check_process(struct doctor *doctor, const struct control_process *process)
{
    bool is_new = process->age_ms < RECENT_MS;

    if (process->is_leaving)
        return;
    if (process->restarts && (!process->pid || (process->restarts >= RESTARTS_MANY && is_new)))
        doctor_fault(doctor, LOG_EVENT_HINT("see the service's log", child_ended, child_hung),
                     "process %s %u keeps dying: it was restarted %u times", process->role, process->index,
                     process->restarts);
    else if (!process->is_ready && !is_replacement(&doctor->status, process))
        doctor_fault(doctor, "see the service's log for what it waits for", "process %s %u is not ready",
                     process->role, process->index);
    else if (process->restarts && is_new)
        doctor_warn(doctor, LOG_EVENT_HINT("see the service's log", child_ended, child_hung),
                    "process %s %u died and was restarted %u times", process->role, process->index,
                    process->restarts);
}

static void check_processes(struct doctor *doctor)
{
    const struct status *status = &doctor->status;
    size_t ready = 0;

    if (!status->state.is_ready)
        doctor_fault(doctor, "see the service's log for what it waits for",
                     "the service runs, but is not ready for clients");
    for (size_t i = 0; i < status->process_count; i++) {
        check_process(doctor, &status->processes[i]);
        ready += status->processes[i].is_ready && !status->processes[i].is_leaving;
    }
    if (!status->state.is_kept_known)
        doctor_fault(doctor, "see the service's log for what it does", "process keeper does not answer");
    doctor_ok(doctor, "runs, version %s; %zu processes are ready", status->state.version, ready);
}

static bool is_any_tested(const struct status *status)
{
    for (size_t i = 0; i < status->engine_count; i++)
        if (status->engines[i].proof == ENGINE_UNPROVEN)
            return true;
    return false;
}

/* While engines are being tested, for instance after a start, asks again, at most TRIES_MAX times. */
static int ask_after_tests(struct service_call *call, struct status *status)
{
    int result;

    for (int tries = 0; (result = status_ask(call, status)) == CMD_DONE; tries++) {
        if (tries == TRIES_MAX || !is_any_tested(status))
            break;
        status_fini(status);
        usleep(RETRY_MS * 1000);
    }
    return result;
}

void doctor_check_service(struct doctor *doctor)
{
    struct buf errors = {0};
    struct service_call call = {.command = "doctor",
                                .runtime_directory = doctor->conf.postern.runtime_directory,
                                .errors = &errors,
                                .deadline_ms = ANSWER_MS};
    int result = ask_after_tests(&call, &doctor->status);

    doctor->is_running = result == CMD_DONE;
    doctor->is_absent = result == CMD_NOT_RUNNING;
    if (doctor->is_running)
        check_processes(doctor);
    else if (doctor->is_absent)
        doctor_fault(doctor, "start it: systemctl start postern", "%s", buf_c_str(&errors));
    else if (doctor->is_root)
        doctor_fault(doctor, "see the service's log for the reason; restart it if necessary", "%s",
                     buf_c_str(&errors));
    else
        doctor_skip(doctor, "needs root: %s", buf_c_str(&errors));
    buf_fini(&errors);
}
