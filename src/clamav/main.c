/* postern-clamav: the virus engine `builtin`: a loader, and the workers that it forks.
 *
 * This executable links libclamav, which is under the GNU General Public License, version 2 only. The linked
 * program as a whole is therefore distributed under that licence. The source files here are under the ISC
 * licence like the rest of Postern. No other program of Postern links libclamav.
 *
 * Only Postern's parent process starts this program. Descriptor 3 is the channel to the parent. */
#include "base/log.h"
#include "clamav/loader.h"
#include "proc/ipc/child.h"
#include "sys/library_memory.h"
#include "sys/log_output.h"
#include "sys/privileges.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

enum { PARENT_FD = 3 };

enum setting {
    OPTION_DATABASE = 1,
    OPTION_WORKERS,
    OPTION_TEMP,
    OPTION_MAX_SCAN_BYTES,
    OPTION_MAX_FILE_BYTES,
    OPTION_MAX_RECURSION,
    OPTION_MAX_FILES,
    OPTION_LOG_LEVEL,
};

static const struct option options[] = {
    {"database", required_argument, NULL, OPTION_DATABASE},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"temp", required_argument, NULL, OPTION_TEMP},
    {"max-scan-bytes", required_argument, NULL, OPTION_MAX_SCAN_BYTES},
    {"max-file-bytes", required_argument, NULL, OPTION_MAX_FILE_BYTES},
    {"max-recursion", required_argument, NULL, OPTION_MAX_RECURSION},
    {"max-files", required_argument, NULL, OPTION_MAX_FILES},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {0},
};

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *value >= min && *value <= max;
}

static bool set_number_option(int option, const char *text, struct loader_options *settings)
{
    uint64_t n = 0;
    bool ok = false;

    switch (option) {
    case OPTION_WORKERS:
        ok = parse_number(text, 1, 256, &n);
        settings->workers = (unsigned)n;
        break;
    case OPTION_MAX_SCAN_BYTES:
        ok = parse_number(text, 1, INT64_MAX, &settings->limits.max_scan_bytes);
        break;
    case OPTION_MAX_FILE_BYTES:
        ok = parse_number(text, 1, INT32_MAX, &settings->limits.max_file_bytes);
        break;
    case OPTION_MAX_RECURSION:
        ok = parse_number(text, 1, 100, &n);
        settings->limits.max_recursion = (unsigned)n;
        break;
    case OPTION_MAX_FILES:
        ok = parse_number(text, 1, UINT32_MAX, &n);
        settings->limits.max_files = (unsigned)n;
        break;
    case OPTION_LOG_LEVEL:
        ok = parse_number(text, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG, &n);
        log_set_level((enum log_level)n);
        break;
    }
    return ok;
}

static bool parse_options(int argc, char **argv, struct loader_options *settings)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == OPTION_DATABASE)
            settings->database = optarg;
        else if (option == OPTION_TEMP)
            settings->temp = optarg;
        else if (option == '?' || !set_number_option(option, optarg, settings))
            return false;
    }
    return optind == argc && settings->database && settings->temp && settings->workers &&
           settings->limits.max_scan_bytes && settings->limits.max_file_bytes &&
           settings->limits.max_recursion && settings->limits.max_files;
}

int main(int argc, char **argv)
{
    struct loader_options settings = {0};

    library_memory_init();
    log_output_share();
    log_set_process("clamav");
    if (!parse_options(argc, argv, &settings)) {
        log_text(EVENT_usage,
                 "missing or invalid option; postern-clamav is meant to be started by postern only");
        return EXIT_CONFIG;
    }
    if (!privileges_lock_down()) /* exec has made the process dumpable again */
        return EXIT_FAILURE;
    /* Does not run the exit handlers of libraries: none of them is needed. */
    _exit(loader_main(&settings, PARENT_FD));
}
