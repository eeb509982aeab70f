#include "scan/engine_command.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* Small scripts behave as scanners only rarely do. In sh -c, $0 is the word after the script: the path of the
 * message. */

struct job {
    struct engine_job job; /* first member */
    struct verdict verdict;
    bool answered;
    struct event_base *base;
};

static void on_done(struct engine_job *job, const struct verdict *verdict)
{
    struct job *asked = (struct job *)job;

    assert_false(asked->answered);
    asked->answered = true;
    asked->verdict = *verdict;
    event_base_loopbreak(asked->base);
}

static int memory_message(const char *text)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    return fd;
}

static int disk_message(const char *text)
{
    char path[] = "/tmp/postern-test-XXXXXX";
    int fd = mkstemp(path);
    int reader = open(path, O_RDONLY | O_CLOEXEC);

    unlink(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return reader;
}

static char directory[] = "/tmp/postern-scan-XXXXXX";

static int make_directory(void **state)
{
    return mkdtemp(directory) ? 0 : -1;
}

/* All files are gone by then. */
static int remove_directory(void **state)
{
    return rmdir(directory);
}

static struct conf configured(const char *run)
{
    struct conf conf = {0};

    conf.command.run = (char *)(uintptr_t)run;
    conf.command.clean_codes = (struct conf_numbers){1, {0}};
    conf.command.infected_codes = (struct conf_numbers){1, {1}};
    conf.command.name = (char *)(uintptr_t) ".*: (.*) FOUND";
    conf.command.name_group = 1;
    conf.command.directory = directory;
    conf.command.workers = 2;
    return conf;
}

static struct verdict ask_as(const struct conf *conf, enum message_kind kind, int fd, uint64_t deadline_ms)
{
    struct event_base *base = event_base_new();
    struct buf error = {0};
    struct engine *engine = engine_command_new(base, conf, &error);
    struct stat status;
    struct job asked = {.job = {.fd = fd, .deadline_ms = deadline_ms, .kind = kind, .done = on_done},
                        .base = base};

    assert_int_equal(fstat(fd, &status), 0);
    asked.job.size = (uint64_t)status.st_size;

    assert_non_null(engine);
    assert_true(engine->class->is_ready(engine));
    assert_true(engine->class->start(engine, &asked.job));
    assert_false(asked.answered);
    event_base_dispatch(base);
    assert_true(asked.answered);
    assert_string_equal(asked.verdict.engine, "command");
    engine_free(&engine);
    event_base_free(base);
    buf_fini(&error);
    close(fd);
    return asked.verdict;
}

static struct verdict ask_with(const struct conf *conf, int fd, uint64_t deadline_ms)
{
    return ask_as(conf, MESSAGE_MAIL, fd, deadline_ms);
}

static struct verdict ask(const char *run)
{
    struct conf conf = configured(run);

    return ask_with(&conf, memory_message("hello VIRUS\n"), 20000);
}

#define CHECK(run, kind_, reason_, name_)    \
    do {                                     \
        struct verdict v = ask(run);         \
        assert_int_equal(v.kind, kind_);     \
        assert_int_equal(v.reason, reason_); \
        assert_string_equal(v.name, name_);  \
    } while (0)

static void the_exit_status_determines_the_verdict(void **state)
{
    CHECK("sh -c 'exit 0'", VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    CHECK("sh -c 'exit 1'", VERDICT_INFECTED, UNSCANNABLE_NONE, "unknown");
    CHECK("sh -c 'exit 2'", VERDICT_FAILED, UNSCANNABLE_NONE, "");
    CHECK("sh -c 'exit 127'", VERDICT_FAILED, UNSCANNABLE_NONE, "");
}

static void extracts_the_name_from_the_output(void **state)
{
    CHECK("sh -c 'echo first; echo \"$0: Bad.Thing-1 FOUND\"; echo last; exit 1'", VERDICT_INFECTED,
          UNSCANNABLE_NONE, "Bad.Thing-1");
    CHECK("sh -c 'printf \"x: No.Newline FOUND\" >&2; exit 1'", VERDICT_INFECTED, UNSCANNABLE_NONE,
          "No.Newline");
    CHECK("sh -c 'printf \"x: Dos.Line FOUND\\r\\n\"; exit 1'", VERDICT_INFECTED, UNSCANNABLE_NONE,
          "Dos.Line");
    CHECK("sh -c 'echo \"x:  FOUND\"; exit 1'", VERDICT_INFECTED, UNSCANNABLE_NONE, "unknown");
}

static void reads_heuristics_of_limits_and_encryption_as_unscannable(void **state)
{
    CHECK("sh -c 'echo \"x: Heuristics.Limits.Exceeded.MaxFiles FOUND\"; exit 1'", VERDICT_UNSCANNABLE,
          UNSCANNABLE_LIMITS, "Heuristics.Limits.Exceeded.MaxFiles");
    CHECK("sh -c 'echo \"x: Heuristics.Encrypted.Zip FOUND\"; exit 1'", VERDICT_UNSCANNABLE,
          UNSCANNABLE_ENCRYPTED, "Heuristics.Encrypted.Zip");
    CHECK("sh -c 'echo \"x: Heuristics.Encrypted.Zip FOUND\"; echo \"x: Real FOUND\"; exit 1'",
          VERDICT_INFECTED, UNSCANNABLE_NONE, "Real");
}

static void the_worst_counts_when_status_and_output_differ(void **state)
{
    CHECK("sh -c 'echo \"x: Bad FOUND\"; exit 0'", VERDICT_INFECTED, UNSCANNABLE_NONE, "Bad");
    CHECK("sh -c 'echo \"x: Bad FOUND\"; exit 2'", VERDICT_INFECTED, UNSCANNABLE_NONE, "Bad");
    CHECK("sh -c 'echo \"x: Heuristics.Encrypted.Zip FOUND\"; exit 2'", VERDICT_FAILED, UNSCANNABLE_NONE, "");
}

static void a_signal_or_a_missing_program_is_failed(void **state)
{
    CHECK("sh -c 'kill -9 $$'", VERDICT_FAILED, UNSCANNABLE_NONE, "");
    CHECK("/nonexistent/scanner", VERDICT_FAILED, UNSCANNABLE_NONE, "untried");
    CHECK("/dev/null", VERDICT_FAILED, UNSCANNABLE_NONE, "untried");
}

static void ends_a_program_with_endless_output(void **state)
{
    CHECK("sh -c 'yes'", VERDICT_FAILED, UNSCANNABLE_NONE, "");
    CHECK("sh -c 'echo \"x: Bad FOUND\"; yes'", VERDICT_INFECTED, UNSCANNABLE_NONE, "Bad");
}

static void reads_the_message_in_memory_and_on_disk(void **state)
{
    struct conf conf = configured("sh -c 'grep -q VIRUS \"$0\" && exit 1; exit 0'");

    assert_int_equal(ask_with(&conf, memory_message("a VIRUS"), 20000).kind, VERDICT_INFECTED);
    assert_int_equal(ask_with(&conf, memory_message("a message"), 20000).kind, VERDICT_CLEAN);
    assert_int_equal(ask_with(&conf, disk_message("a VIRUS"), 20000).kind, VERDICT_INFECTED);
    assert_int_equal(ask_with(&conf, disk_message("a message"), 20000).kind, VERDICT_CLEAN);
}

/* Scanners skip anything but regular files, and daemons cannot open another process's descriptors. */
static void gives_the_program_a_regular_read_only_file(void **state)
{
    CHECK("sh -c 'test -f \"$0\" -a ! -L \"$0\" -a \"$(stat -c %a.%h \"$0\")\" = 440.1'", VERDICT_CLEAN,
          UNSCANNABLE_NONE, "");
    CHECK("sh -c 'test \"$(stat -c %a \"$(dirname \"$0\")\")\" = 700'", VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    CHECK("sh -c 'rm -f \"$0\"'", VERDICT_CLEAN, UNSCANNABLE_NONE, "");
}

static void only_a_mail_has_the_extension_eml(void **state)
{
    struct conf conf = configured("sh -c 'case $0 in *.eml) exit 1;; *.*) exit 2;; esac'");

    assert_int_equal(ask_as(&conf, MESSAGE_MAIL, memory_message("A: b"), 10000).kind, VERDICT_INFECTED);
    assert_int_equal(ask_as(&conf, MESSAGE_FILE, memory_message("A: b"), 10000).kind, VERDICT_CLEAN);
    assert_int_equal(ask_as(&conf, MESSAGE_FILE, memory_message(""), 10000).kind, VERDICT_CLEAN);
}

static void copies_messages_larger_than_a_slice(void **state)
{
    struct conf conf = configured("sh -c 'test \"$(tail -c 1 \"$0\")$(stat -c %s \"$0\")\" = E5000001'");
    char *text = malloc(5000002);

    memset(text, 'x', 5000000);
    memcpy(text + 5000000, "E", 2);
    assert_int_equal(ask_with(&conf, memory_message(text), 20000).kind, VERDICT_CLEAN);
    free(text);
}

static void refuses_a_directory_that_others_can_enter(void **state)
{
    struct event_base *base = event_base_new();
    struct conf conf = configured("true");
    struct buf error = {0};

    conf.command.directory = (char[]){"/tmp"};
    assert_null(engine_command_new(base, &conf, &error));
    assert_non_null(strstr(buf_c_str(&error), "other users have access to it"));
    buf_fini(&error);
    event_base_free(base);
}

static void removes_files_of_dead_processes(void **state)
{
    char path[64];

    snprintf(path, sizeof path, "%s/message-4194305-1.eml", directory); /* above any process id */
    close(open(path, O_CREAT | O_WRONLY, 0400));
    CHECK("sh -c 'exit 0'", VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(access(path, F_OK), -1);
}

static void the_program_inherits_no_other_descriptor_and_no_shell_runs(void **state)
{
    int null = open("/dev/null", O_RDONLY);
    int leak = fcntl(null, F_DUPFD, 9); /* not close-on-exec */

    assert_int_equal(leak, 9);
    CHECK("sh -c 'for fd in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$fd && exit 1; done; exit 0'",
          VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    CHECK("test '$HOME;`id`' = \\$HOME\\;\\`id\\` -a -e", VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    close(leak);
    close(null);
}

static pid_t pid_in(const char *path)
{
    FILE *file = fopen(path, "r");
    int pid = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    unlink(path);
    return pid;
}

/* A killed orphan stays a zombie until its new parent reaps it. */
static bool is_running(pid_t pid)
{
    char path[64], state = 'X';
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (file) {
        assert_int_equal(fscanf(file, "%*d %*s %c", &state), 1);
        fclose(file);
    }
    return state != 'X' && state != 'Z';
}

static void await_end(pid_t pid)
{
    for (int i = 0; i < 500 && is_running(pid); i++)
        usleep(10000);
    assert_false(is_running(pid));
}

static void kills_the_whole_group_at_the_deadline(void **state)
{
    struct conf conf;
    char path[] = "/tmp/postern-test-XXXXXX", run[200];
    struct verdict v;

    close(mkstemp(path));
    snprintf(run, sizeof run, "sh -c 'sleep 1000 & echo $! > %s; trap \"\" TERM; wait'", path);
    conf = configured(run);
    v = ask_with(&conf, memory_message("x"), 300);
    assert_int_equal(v.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(v.reason, UNSCANNABLE_LIMITS);
    await_end(pid_in(path));
}

static void does_not_wait_for_processes_that_the_program_left(void **state)
{
    char path[] = "/tmp/postern-test-XXXXXX", run[200];

    close(mkstemp(path));
    snprintf(run, sizeof run, "sh -c 'sleep 1000 & echo $! > %s; echo \"x: Bad FOUND\"; exit 1'", path);
    CHECK(run, VERDICT_INFECTED, UNSCANNABLE_NONE, "Bad");
    await_end(pid_in(path));
}

static void refuses_jobs_when_no_slot_is_free(void **state)
{
    struct event_base *base = event_base_new();
    struct conf conf = configured("sleep 1000");
    struct buf error = {0};
    struct engine *engine = engine_command_new(base, &conf, &error);
    struct job asked[4] = {0};
    int fd = memory_message("x");

    for (size_t i = 0; i < 4; i++) {
        asked[i] =
            (struct job){.job = {.fd = fd, .size = 1, .deadline_ms = 20000, .done = on_done}, .base = base};
        asked[i].job.is_test = i == 3; /* one more slot is reserved for it */
        assert_int_equal(engine->class->start(engine, &asked[i].job), i != 2);
    }
    engine_free(&engine); /* kills both */
    assert_false(asked[0].answered || asked[1].answered);
    event_base_free(base);
    buf_fini(&error);
    close(fd);
}

/* Runs the loop until the engine has ended the job. */
static struct verdict stop_after(const char *run, const char *path)
{
    struct event_base *base = event_base_new();
    struct conf conf = configured(run);
    struct buf error = {0};
    struct engine *engine = engine_command_new(base, &conf, &error);
    int fd = memory_message("x");
    struct job asked = {.job = {.fd = fd, .size = 1, .deadline_ms = 600000, .done = on_done}, .base = base};
    struct timeval often = {0, 1000};

    assert_true(engine->class->start(engine, &asked.job));
    while (path && access(path, F_OK) < 0) { /* the program has not begun */
        event_base_loopexit(base, &often);
        event_base_dispatch(base);
    }
    engine_stop(engine, &asked.job);
    assert_false(asked.answered);
    event_base_dispatch(base);
    assert_true(asked.answered);
    engine_free(&engine);
    event_base_free(base);
    buf_fini(&error);
    close(fd);
    return asked.verdict;
}

static void a_program_whose_verdict_is_not_needed_is_killed(void **state)
{
    char begun[64], run[300];
    struct verdict stopped;

    snprintf(begun, sizeof begun, "%s/../postern-test-begun-%d", directory, (int)getpid());
    snprintf(run, sizeof run, "sh -c 'echo $$ > %s.new; mv %s.new %s; trap \"\" TERM; exec sleep 1000'",
             begun, begun, begun);
    stopped = stop_after(run, begun);
    assert_true(verdict_is_late(&stopped));
    await_end(pid_in(begun));
}

static void no_program_is_started_if_its_verdict_is_not_needed(void **state)
{
    char begun[64], run[200];

    snprintf(begun, sizeof begun, "%s/../postern-test-begun-%d", directory, (int)getpid());
    snprintf(run, sizeof run, "sh -c 'echo $$ > %s'", begun);
    assert_int_equal(stop_after(run, NULL).kind, VERDICT_FAILED);
    assert_int_equal(access(begun, F_OK), -1);
}

static void reports_an_invalid_command_or_pattern(void **state)
{
    struct event_base *base = event_base_new();
    struct conf conf = configured("scan 'it");
    struct buf error = {0};

    assert_null(engine_command_new(base, &conf, &error));
    assert_string_equal(buf_c_str(&error), "[command] run: a single quote is not closed");
    buf_clear(&error);
    conf = configured("scan");
    conf.command.name_group = 2;
    assert_null(engine_command_new(base, &conf, &error));
    assert_string_equal(buf_c_str(&error), "[command] name: the pattern has no group 2");
    buf_fini(&error);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_determines_the_verdict),
        cmocka_unit_test(extracts_the_name_from_the_output),
        cmocka_unit_test(reads_heuristics_of_limits_and_encryption_as_unscannable),
        cmocka_unit_test(the_worst_counts_when_status_and_output_differ),
        cmocka_unit_test(a_signal_or_a_missing_program_is_failed),
        cmocka_unit_test(ends_a_program_with_endless_output),
        cmocka_unit_test(reads_the_message_in_memory_and_on_disk),
        cmocka_unit_test(gives_the_program_a_regular_read_only_file),
        cmocka_unit_test(only_a_mail_has_the_extension_eml),
        cmocka_unit_test(copies_messages_larger_than_a_slice),
        cmocka_unit_test(refuses_a_directory_that_others_can_enter),
        cmocka_unit_test(removes_files_of_dead_processes),
        cmocka_unit_test(the_program_inherits_no_other_descriptor_and_no_shell_runs),
        cmocka_unit_test(kills_the_whole_group_at_the_deadline),
        cmocka_unit_test(does_not_wait_for_processes_that_the_program_left),
        cmocka_unit_test(refuses_jobs_when_no_slot_is_free),
        cmocka_unit_test(a_program_whose_verdict_is_not_needed_is_killed),
        cmocka_unit_test(no_program_is_started_if_its_verdict_is_not_needed),
        cmocka_unit_test(reports_an_invalid_command_or_pattern),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
