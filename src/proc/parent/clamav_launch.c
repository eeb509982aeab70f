#include "base/buf.h"
#include "proc/parent/child_start.h"
#include "sys/program.h"
#include "sys/run.h"
#include "sys/scratch.h"

#include "build_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* postern-clamav expects its channel to the parent at this descriptor. */
enum { CHANNEL_FD = 3 };

/* One worker more than configured, because one is reserved for short scans (proc/scan_builtin.c). */
static unsigned worker_count(const struct conf *conf)
{
    return (conf->builtin.workers ? conf->builtin.workers : run_processors()) + 1;
}

/* Returns the limit for the unpacked data of all workers. */
static uint64_t scratch_max_bytes(const struct conf *conf)
{
    return worker_count(conf) * (conf->builtin.max_scan_bytes + conf->builtin.max_file_bytes);
}

static const char *format_number(char text[24], uint64_t value)
{
    snprintf(text, 24, "%" PRIu64, value);
    return text;
}

static void execute(const struct child_start *start, struct buf *program, const char *scratch)
{
    const struct conf *conf = start->conf;
    char text[6][24];
    const char *argv[] = {
        "postern-clamav",
        "--database",
        conf->builtin.database,
        "--workers",
        format_number(text[0], worker_count(conf)),
        "--temp",
        scratch,
        "--max-scan-bytes",
        format_number(text[1], conf->builtin.max_scan_bytes),
        "--max-file-bytes",
        format_number(text[2], conf->builtin.max_file_bytes),
        "--max-recursion",
        format_number(text[3], conf->builtin.max_recursion),
        "--max-files",
        format_number(text[4], conf->builtin.max_files),
        "--log-level",
        format_number(text[5], conf->postern.log_level),
        NULL,
    };

    program_execute(buf_c_str(program), argv, start->parent_fd, CHANNEL_FD);
    log_text(EVENT_clamav_not_started, "%s: %m", buf_c_str(program));
}

int clamav_main(const struct child_start *start)
{
    const struct conf *conf = start->conf;
    struct identity identity;
    struct buf scratch = {0}, program = {0};
    pid_t parent = getppid();
    bool is_mounted;

    if (!child_identity(conf, start->role, &identity))
        return EXIT_CONFIG;
    /* Must be called before scratch_mount. If this process is in a chroot, /proc/self/exe has another path in
     * the new namespace. */
    program_find(&program, POSTERN_LIBEXEC_DIR, "postern-clamav");
    is_mounted = scratch_mount(conf->spool.directory, scratch_max_bytes(conf), &identity);
    if (!child_drop(start))
        return EXIT_CONFIG;
    privileges_set_parent_death_signal(parent);
    if (is_mounted)
        buf_add(&scratch, span_of(conf->spool.directory));
    else if (!scratch_make_directory(&scratch, conf->spool.directory))
        log_text(EVENT_clamav_not_started, "%s: %m", buf_c_str(&scratch));
    execute(start, &program, buf_c_str(&scratch));
    buf_fini(&scratch);
    buf_fini(&program);
    return EXIT_CONFIG;
}
