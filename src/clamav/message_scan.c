#include "clamav/message_scan.h"

#include "base/log.h"
#include "clamav/layers.h"
#include "clamav/libc_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_MAX = 128,   /* maximum size of the header line put before a mail */
    SNIFF_MAX = 64,   /* number of bytes examined to detect UTF-16 and UTF-32 */
    SNIFF_NULS = 40,  /* with this percentage of NULs, text counts as UTF-16 or UTF-32 */
    WARNINGS_MAX = 8, /* maximum number of libclamav's warnings logged per message */
};

/* The data that libclamav reads: head, then the file. */
struct source {
    int fd;
    uint64_t size; /* of the file */
    bool is_short; /* the file ended before `size` */
    char head[HEAD_MAX];
    size_t head_n;
};

/* Results collected by the callbacks. */
struct scan {
    struct verdict worst;
    bool is_by_signature; /* worst.name is the name of a signature, not of a heuristic */
    struct layers layers;
};

/* The limit given to message_scan_prepare. */
static uint64_t max_file_bytes;
static unsigned warnings_left = WARNINGS_MAX;

static void record_alert(struct scan *scan, const char *name)
{
    struct verdict found = {0};
    bool by_signature = strncmp(name, "Heuristics.", 11) != 0;
    int rank, worst = verdict_rank(&scan->worst);

    verdict_set_found(&found, span_of(name));
    if (found.kind == VERDICT_INFECTED && found.name[0] == '\0')
        verdict_set_name(&found, SPAN("unknown"));
    rank = verdict_rank(&found);
    if (rank < worst || (rank == worst && (scan->is_by_signature || !by_signature)))
        return;
    scan->worst = found;
    scan->is_by_signature = by_signature;
}

static void on_found(int fd, const char *name, void *context)
{
    if (context && name) {
        record_alert(context, name);
        if (strncmp(name, "Heuristics.Encrypted.", 21) == 0)
            layers_note_encrypted(&((struct scan *)context)->layers);
    }
}

static cl_error_t on_inspect(int fd, const char *type, const char **ancestors, size_t parent_size,
                             const char *name, size_t size, const char *bytes, uint32_t level,
                             uint32_t attributes, void *context)
{
    struct scan *scan = context;

    struct span content = {bytes, bytes ? size : 0};

    if (scan)
        layers_inspect(&scan->layers, &(struct part){level, type, size, name != NULL, content});
    return CL_CLEAN;
}

static cl_error_t on_member(const char *container, unsigned long packed, const char *name, unsigned long size,
                            int is_encrypted, unsigned position, void *context)
{
    struct scan *scan = context;

    if (scan)
        layers_announce(&scan->layers,
                        &(struct member){container, position, packed, size, is_encrypted != 0});
    return CL_CLEAN;
}

static void on_message(enum cl_msg severity, const char *full, const char *text, void *context)
{
    bool was_watched = libc_watch_pause();
    size_t n = strcspn(text, "\n");

    if ((severity == CL_MSG_ERROR || severity == CL_MSG_WARN) && warnings_left && warnings_left--)
        log_text(EVENT_libclamav, "%.*s", (int)n, text);
    libc_watch_resume(was_watched);
}

void message_scan_log_messages(void)
{
    cl_set_clcb_msg(on_message);
}

struct setting {
    enum cl_engine_field field;
    uint64_t value;
};

bool message_scan_prepare(struct cl_engine *engine, const struct scan_limits *limits)
{
    const struct setting settings[] = {
        {CL_ENGINE_MAX_SCANSIZE, limits->max_scan_bytes},
        {CL_ENGINE_MAX_FILESIZE, limits->max_file_bytes},
        {CL_ENGINE_MAX_RECURSION, limits->max_recursion},
        {CL_ENGINE_MAX_FILES, limits->max_files},
        {CL_ENGINE_MAX_EMBEDDEDPE, limits->max_file_bytes},
        {CL_ENGINE_MAX_HTMLNORMALIZE, limits->max_file_bytes},
        {CL_ENGINE_MAX_HTMLNOTAGS, limits->max_file_bytes},
        {CL_ENGINE_MAX_SCRIPTNORMALIZE, limits->max_file_bytes},
        {CL_ENGINE_PCRE_MAX_FILESIZE, limits->max_file_bytes},
        {CL_ENGINE_DISABLE_CACHE, 1},
        {CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER},
    };

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (cl_engine_set_num(engine, settings[i].field, (long long)settings[i].value) != CL_SUCCESS)
            return false;
    max_file_bytes = limits->max_file_bytes;
    cl_engine_set_clcb_virus_found(engine, on_found);
    cl_engine_set_clcb_file_inspection(engine, on_inspect);
    cl_engine_set_clcb_meta(engine, on_member);
    return true;
}

static off_t read_source(void *handle, void *buffer, size_t count, off_t offset)
{
    struct source *source = handle;
    size_t n = 0;

    if ((size_t)offset < source->head_n) {
        n = source->head_n - (size_t)offset;
        n = n < count ? n : count;
        memcpy(buffer, source->head + offset, n);
    }
    while (n < count) {
        ssize_t more =
            pread(source->fd, (char *)buffer + n, count - n, offset + (off_t)n - (off_t)source->head_n);

        if (more < 0 && errno != EINTR)
            return -1;
        if (more == 0)
            break;
        n += more > 0 ? (size_t)more : 0;
    }
    if (n < count && (uint64_t)offset + n < source->head_n + source->size)
        source->is_short = true;
    return (off_t)n;
}

static const char *why_unacceptable(int fd, uint64_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);
    int flags = fcntl(fd, F_GETFL);

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return "not a regular file";
    if ((uint64_t)status.st_size != size)
        return "not of the announced size";
    /* F_GET_SEALS also succeeds for other files in a tmpfs, but those do not have these seals. */
    if ((seals < 0 || (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) != (F_SEAL_WRITE | F_SEAL_SHRINK)) &&
        (flags & O_ACCMODE) != O_RDONLY)
        return "neither sealed nor open read-only";
    return NULL;
}

/* Returns the number of bytes read: fewer than SNIFF_MAX if the file is shorter or cannot be read. */
static size_t read_start(int fd, char start[SNIFF_MAX])
{
    size_t n = 0;

    while (n < SNIFF_MAX) {
        ssize_t more = pread(fd, start + n, SNIFF_MAX - n, (off_t)n);

        if (more == 0 || (more < 0 && errno != EINTR))
            break;
        n += more > 0 ? (size_t)more : 0;
    }
    return n;
}

/* Returns whether the text seems to be UTF-16 or UTF-32: it starts with a byte order mark, or has many
 * NULs. */
static bool is_utf16_or_utf32(int fd)
{
    char start[SNIFF_MAX] = {0};
    size_t n = read_start(fd, start), nuls = 0;

    if (n < 2)
        return false;
    for (size_t i = 0; i < n; i++)
        nuls += start[i] == '\0';
    return memcmp(start, "\xff\xfe", 2) == 0 || memcmp(start, "\xfe\xff", 2) == 0 ||
           nuls * 100 >= n * SNIFF_NULS;
}

static void write_head(struct source *source)
{
    time_t now = time(NULL);
    struct tm utc;
    size_t n;

    gmtime_r(&now, &utc);
    n = (size_t)snprintf(source->head, sizeof source->head, "Received: by postern; ");
    n += strftime(source->head + n, sizeof source->head - n, "%a, %d %b %Y %H:%M:%S +0000\r\n", &utc);
    source->head_n = n;
}

static cl_error_t run_scan(struct cl_engine *engine, struct source *source, struct scan *scan)
{
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS,
        .parse = ~0U,
        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_MACROS |
                     CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
    };
    cl_fmap_t *map = cl_fmap_open_handle(source, 0, source->head_n + source->size, read_source, 1);
    unsigned long scanned = 0;
    const char *name = NULL;
    cl_error_t result;

    if (!map)
        return CL_EMAP;
    result = cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, scan);
    if (result == CL_VIRUS && name)
        record_alert(scan, name);
    cl_fmap_close(map);
    return result;
}

static void set_verdict(struct verdict *verdict, enum verdict_kind kind, enum unscannable reason,
                        const char *name)
{
    verdict_set(verdict, kind, reason, span_of(name));
}

/* Sets the verdict that an error leads to. Without an error, the verdict stays unchanged. */
static void set_error_verdict(struct verdict *verdict, cl_error_t result, const char *failed_call, int error)
{
    if (failed_call) {
        log_text(EVENT_scan_incomplete, "%s: %s", failed_call, strerror(error));
        if (error == ENOMEM)
            set_verdict(verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, "memory");
        else
            set_verdict(verdict, VERDICT_FAILED, UNSCANNABLE_NONE, "");
    } else if (result == CL_EMEM || result == CL_ETIMEOUT || result == CL_EMAXREC || result == CL_EMAXSIZE ||
               result == CL_EMAXFILES) {
        set_verdict(verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, "");
    } else if (result != CL_CLEAN && result != CL_VIRUS) {
        log_text(EVENT_scan_incomplete, "libclamav: %s", cl_strerror(result));
        set_verdict(verdict, VERDICT_FAILED, UNSCANNABLE_NONE, "");
    }
}

static void worsen(struct verdict *verdict, const struct verdict *other)
{
    if (verdict_rank(other) > verdict_rank(verdict))
        *verdict = *other;
}

static struct verdict final_verdict(struct scan *scan, cl_error_t result, const char *failed_call, int error)
{
    struct verdict verdict = scan->worst;
    struct verdict by_layers = {.kind = VERDICT_CLEAN}, by_error = {.kind = VERDICT_CLEAN};

    layers_end(&scan->layers);
    if (scan->layers.worst != UNSCANNABLE_NONE)
        set_verdict(&by_layers, VERDICT_UNSCANNABLE, scan->layers.worst, scan->layers.why);
    set_error_verdict(&by_error, result, failed_call, error);
    /* by_error comes first, so that it prevails over by_layers of equal rank: after an error, the layers are
     * incomplete. */
    worsen(&verdict, &by_error);
    worsen(&verdict, &by_layers);
    if (result == CL_VIRUS && verdict.kind == VERDICT_CLEAN)
        set_verdict(&verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, "unknown");
    return verdict;
}

struct verdict message_scan(struct cl_engine *engine, int fd, uint64_t size, uint64_t deadline_ms,
                            enum message_kind kind)
{
    struct scan scan = {.worst = {.kind = VERDICT_CLEAN}};
    struct source source = {.fd = fd, .size = size};
    struct verdict verdict = {0};
    const char *reason = why_unacceptable(fd, size), *failed_call;
    cl_error_t result;
    int error, wrong;

    if (reason) {
        log_text(EVENT_message_refused, "the message is %s", reason);
        return verdict;
    }
    if (kind == MESSAGE_FILE && size <= LAYERS_TINY)
        return (struct verdict){.kind = VERDICT_CLEAN};
    if (kind == MESSAGE_MAIL && is_utf16_or_utf32(fd)) {
        set_verdict(&verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_MALFORMED, "utf-16");
        return verdict;
    }
    warnings_left = WARNINGS_MAX;
    if (kind == MESSAGE_MAIL)
        write_head(&source);
    layers_init(&scan.layers, kind, max_file_bytes);
    cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, (long long)deadline_ms);
    libc_watch_begin(cl_engine_get_str(engine, CL_ENGINE_TMPDIR, &wrong));
    result = run_scan(engine, &source, &scan);
    failed_call = libc_watch_end(&error);
    if (source.is_short) {
        failed_call = "read";
        error = ENODATA;
    }
    return final_verdict(&scan, result, failed_call, error);
}
